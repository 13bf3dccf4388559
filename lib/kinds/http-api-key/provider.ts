import * as z from 'zod/mini';
import { Door, jsonPath, path, text } from '../shared/api-key/door.ts';

const optional = z.optional;

const Pages = z.discriminatedUnion('by', [
  /** `?page=1`, `?page=2`, …: a page with fewer items than `size` is the last. */
  z.strictObject({ by: z.literal('number'), parameter: text, size: z.int().check(z.positive()) }),
  /** `?after=<what stands at last>` as long as `more` says true. */
  z.strictObject({ by: z.literal('cursor'), parameter: text, more: jsonPath, last: jsonPath }),
]);

const Listing = z.strictObject({
  path,
  /** Where the array of keys stands in the answer. */
  items: jsonPath,
  /** Where in each item. */
  id: jsonPath,
  /** Default one page. */
  pages: optional(Pages),
});
export type Listing = z.infer<typeof Listing>;

const Disable = z.discriminatedUnion('by', [
  /** A field of the key says whether it works. The update states the whole key: the other fields are sent back as read. */
  z.strictObject({
    by: z.literal('status'),
    path,
    method: z.enum(['PUT', 'PATCH', 'POST']),
    /** Where the key stands in the answer to a GET of `path`; default the whole answer. */
    result: optional(jsonPath),
    keep: z.array(text),
    field: text,
    off: text,
    on: text,
  }),
  /** The provider knows no disabled keys: the key is deleted. */
  z.strictObject({
    by: z.literal('deletion'),
    /** `recreation`: the provider takes a value of ours, so the key can be made again as it was. `none`: deletion is final. */
    undo: z.enum(['recreation', 'none']),
  }),
]);

/** A field of the secret's value that follows from the key. */
const Derived = z.strictObject({
  from: z.enum(['id', 'value']),
  as: optional(z.literal('sha256-hex')),
  role: z.enum(['secret', 'identity', 'plain']),
});

/** A provider's API for keys, as data: where each thing stands, and how a dead key is told. `{…}` in paths and bodies: see README. */
export const Provider = z.strictObject({
  id: z.string().check(z.regex(/^[a-z][a-z0-9-]*$/, { error: 'not a name such as sendgrid' })),
  /** By name, what may be asked; the first is the default. An empty list: the inventory names it. `api` is the admin's. */
  origins: z.record(text, z.array(text)),
  /** What the inventory gives: `text` is one part of a path, `json` anything in a body. */
  parameters: z.record(text, z.enum(['text', 'json'])),
  /** How a key, the admin's too, is sent: `{header: 'authorization', before: 'Bearer '}`. */
  sends: z.strictObject({ header: text, before: z.string() }),
  /** What the admin credential must be allowed to do, in the provider's words. */
  adminNeeds: text,
  list: z.strictObject({ ...Listing.shape, name: jsonPath }),
  create: z.strictObject({
    path,
    body: z.record(z.string(), z.unknown()),
    id: jsonPath,
    value: jsonPath,
    /** Length of a value of ours, `{value}` in the body; default the provider invents it. */
    valueLength: optional(z.int().check(z.gte(22), z.lte(128))),
  }),
  remove: z.strictObject({ path }),
  disable: Disable,
  doors: z.array(Door).check(z.minLength(1)),
  /**
   * What tells the latest use; the listing's `id` is the key's. Default: nothing does. `partial`: not proven to see every
   * use, so what it shows counts, and what it does not show needs the inventory's reason.
   */
  lastUse: optional(
    z.strictObject({
      ...Listing.shape,
      at: jsonPath,
      form: z.enum(['iso', 'seconds']),
      partial: optional(z.boolean()),
    }),
  ),
  /** By field. */
  derived: optional(z.record(z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9]*$/)), Derived)),
  /** The longest name of a key. 100 is what a mark takes. */
  nameLength: z.int().check(z.gte(100)),
  /** Keys per account; beyond it, creating ends with 403. Default unknown. */
  keyLimit: optional(z.int().check(z.positive())),
  /** How long a change may take to be known everywhere. 0: at once. */
  propagationSeconds: z.int().check(z.nonnegative(), z.lte(120)),
});
export type Provider = z.infer<typeof Provider>;

/** Types a preset. */
export function defineProvider(provider: Provider): Provider {
  return provider;
}
