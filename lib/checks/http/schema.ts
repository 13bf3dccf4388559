import * as z from 'zod/mini';

const Status = z.int({ error: 'not an HTTP status' }).check(z.gte(100), z.lte(599));

const Url = z.url({ protocol: /^https?$/, error: 'not an http(s) URL' }).check(
  z.refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === '', {
    error: 'a URL must not carry a user name or password',
  }),
);

/** Names under which credentials travel. The inventory is no place for them. */
const credentialHeader = /authorization|cookie|token|secret|api-?key|password/i;

/** One HTTP GET to a consumer that shows whether it is well. */
export const Config = z
  .strictObject({
    url: Url,
    /** Answers that count as healthy. Default 200. */
    status: z.optional(
      z.union([Status, z.array(Status).check(z.minLength(1))], { error: 'not an HTTP status or a list of them' }),
    ),
    /** A field of the JSON body, by its path (`checks.database`), and the value that it must have. */
    jsonField: z.optional(
      z.strictObject({
        path: z.string().check(z.regex(/^[^.]+(\.[^.]+)*$/, { error: 'not a path such as checks.database' })),
        equals: z.union([z.string(), z.number(), z.boolean(), z.null()]),
      }),
    ),
    /** For the whole probe. Default 5. */
    timeoutSeconds: z.optional(z.number().check(z.positive(), z.lte(60))),
    /** Further request headers. No credentials. */
    headers: z.optional(
      z.record(
        z.string().check(
          z.regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: 'not a header name' }),
          z.refine((name) => !credentialHeader.test(name), {
            error: 'a header that carries a credential has no place in the inventory',
          }),
        ),
        z.string().check(z.regex(/^[\t\x20-\x7e]*$/, { error: 'not a header value' })),
      ),
    ),
    /** Why it is right to ask without TLS; wanted for every http URL, loopback too. */
    plaintext: z.optional(z.string().check(z.regex(/\S/, { error: 'the reason is empty' }))),
  })
  .check(
    z.refine((config) => !/^http:/i.test(config.url) || config.plaintext !== undefined, {
      path: ['url'],
      error: "an http URL is not encrypted: use https, or state plaintext: '<reason>'",
    }),
    z.refine((config) => !/^https:/i.test(config.url) || config.plaintext === undefined, {
      path: ['plaintext'],
      error: 'has no meaning for an https URL',
    }),
  );
export type Config = z.infer<typeof Config>;
