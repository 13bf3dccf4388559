import * as z from 'zod/mini';

export const text = z.string().check(z.minLength(1, { error: 'must not be empty' }));
const optional = z.optional;
export const path = z.string().check(z.regex(/^\/(?!\/)[^\s#\\]*$/, { error: 'not a path such as /v3/api_keys/{id}' }));
export const jsonPath = z.string().check(z.regex(/^[\w-]+(\.[\w-]+)*$/, { error: 'not a path such as result.0.id' }));

/** An answer with this status and, at each path of its body, one of these values. */
const Match = z.strictObject({
  status: z.int().check(z.gte(100), z.lte(599)),
  where: optional(z.record(jsonPath, z.array(z.union([z.string(), z.number(), z.boolean()])))),
});
export type Match = z.infer<typeof Match>;

/** One endpoint at which a key is tried. */
export const Door = z.strictObject({
  /** For messages and the evidence. */
  name: text,
  /** One of `origins`. */
  origin: text,
  /** A GET that every key of this sort may do, without cost or effect. */
  path,
  /** Headers beside the one with the key, such as the version of an API that asks for one. */
  headers: optional(
    z.record(z.string().check(z.regex(/^[a-z][a-z0-9-]*$/)), z.string().check(z.regex(/^[\x20-\x7e]+$/))),
  ),
  /** `header`: as `sends` says. `s3`: AWS Signature 4 with the id as access key id and the derived `secretAccessKey`. */
  signs: z.enum(['header', 's3']),
  /** `xml`: the leaves of the body by their names. */
  body: z.enum(['json', 'xml']),
  accepted: z.array(Match).check(z.minLength(1)),
  /** What a dead key gets, and nothing else: not a throttled one, one without a permission, an account in arrears. */
  refused: z.array(Match).check(z.minLength(1)),
  /** Where the answer names the key's id, if it does. */
  id: optional(jsonPath),
  /** Where the answer lists what the key may do, and the parameter that lists what a new one must. */
  holds: optional(z.strictObject({ path: jsonPath, parameter: text })),
});
export type Door = z.infer<typeof Door>;

/** What the description of any provider has. */
export interface Described {
  id: string;
  /** By name, what may be asked; the first is the default. An empty list: the inventory names it. */
  origins: Readonly<Record<string, readonly string[]>>;
  /** What the inventory gives: `text` is one part of a path, `json` anything in a body. */
  parameters: Readonly<Record<string, 'text' | 'json'>>;
  /** How a key is sent: `{header: 'authorization', before: 'Bearer '}`. */
  sends: { header: string; before: string };
  doors: readonly Door[];
  /** How long a change may take to be known everywhere. 0: at once. */
  propagationSeconds: number;
}

/** What the inventory says of where a provider is. */
export interface Placed {
  parameters?: Readonly<Record<string, unknown>> | undefined;
  origins?: Readonly<Record<string, string>> | undefined;
  plaintext?: string | undefined;
}
