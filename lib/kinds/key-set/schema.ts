import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';
import { algorithms } from './algorithms.ts';

const reason = z.string().check(z.regex(/\S/, 'the reason is empty'));
/** A year: a token that lives longer is no token. Fractions are for rehearsals. */
const seconds = z.number().check(z.positive('must be more than 0'), z.lte(31_622_400, 'at most a year'));

/** A place that accepts what the keys of the set make, and refuses everything else with 401 or 403. */
const Verifier = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: 'not an http(s) URL' }).check(
      z.refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === '', {
        error: 'a URL must not carry a user name or password',
      }),
    ),
    /** Which header carries the token. */
    header: z._default(z.string().check(z.regex(/^[\w!#$%&'*+.^`|~-]+$/, 'not a header name')), 'authorization'),
    /** What stands before it there. Default `Bearer ` in authorization, nothing elsewhere. */
    before: z.optional(z.string().check(z.regex(/^[\x20-\x7e]*$/, 'not a part of a header'))),
    /** Why it is right to ask without TLS; only on this machine. */
    plaintext: z.optional(reason),
  })
  .check(
    z.refine(({ url, plaintext }) => !/^http:/i.test(url) || (plaintext !== undefined && isLoopback(url)), {
      path: ['url'],
      error: "not encrypted: use https, or for this machine alone state plaintext: '<reason>'",
    }),
    z.refine(({ url, plaintext }) => !/^https:/i.test(url) || plaintext === undefined, {
      path: ['plaintext'],
      error: 'has no meaning for an https URL',
    }),
  );
export type Verifier = z.infer<typeof Verifier>;

function isLoopback(url: string): boolean {
  const hostname = URL.parse(url)?.hostname ?? '';
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The inventory's `target` of a key-set secret. Parsing it twice changes nothing. */
const Target = z
  .strictObject({
    /** How tokens are signed; `opaque`: API keys of one's own. */
    algorithm: z.enum(algorithms, { error: `not one of ${algorithms.join(', ')}` }),
    /** Of signed tokens: the longest that any of them is accepted, the verifiers' tolerance included. */
    maximumTokenLifeSeconds: z.optional(seconds),
    /** Of API keys: within which time every holder fetches the new one. */
    holdersFetchWithinSeconds: z.optional(seconds),
    /** What an API key begins with, so that it is recognised: `shop_live_`. */
    prefix: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,32}$/, 'up to 32 letters, digits, _ and -'))),
    /** Where Keyturn tries keys: a new one before it is promoted, a retired one to see it refused. */
    verifiers: z.optional(z.array(Verifier).check(z.minLength(1, 'name one, or leave it out'))),
    /** Why nobody is asked whether a retired key is refused. */
    noVerifier: z.optional(reason),
    /** Further claims of the tokens that verifiers are tried with: iss, aud, sub, what they ask for. */
    claims: z.optional(z.record(z.string(), z.unknown())),
    /** Who reads the current key alone, and why that is right: wanted by views with a field that hands out that one key. */
    currentAlone: z.optional(reason),
  })
  .check((context) => {
    const mistake = mistakeIn(context.value);
    if (mistake) context.issues.push({ code: 'custom', input: undefined, ...mistake });
  });
export type Target = z.infer<typeof Target>;

/** Set by Keyturn in each token. */
const ownClaims = ['iat', 'nbf', 'exp', 'jti'];

function mistakeIn(target: Target): { path: string[]; message: string } | undefined {
  const opaque = target.algorithm === 'opaque';
  const [wanted, other] = opaque
    ? (['holdersFetchWithinSeconds', 'maximumTokenLifeSeconds'] as const)
    : (['maximumTokenLifeSeconds', 'holdersFetchWithinSeconds'] as const);
  if (target[wanted] === undefined) return { path: [wanted], message: `${target.algorithm} needs it` };
  if (target[other] !== undefined) return { path: [other], message: `has no meaning for ${target.algorithm}` };
  if (!opaque && target.prefix !== undefined) return { path: ['prefix'], message: 'is for opaque keys' };
  if (opaque && target.claims !== undefined) return { path: ['claims'], message: 'opaque keys carry none' };
  const own = ownClaims.find((claim) => Object.hasOwn(target.claims ?? {}, claim));
  if (own !== undefined) return { path: ['claims', own], message: 'is set by Keyturn' };
  if ((target.verifiers === undefined) === (target.noVerifier === undefined))
    return {
      path: ['verifiers'],
      message: "name where a retired key must be refused, or state noVerifier: '<why nobody is asked>'; one of the two",
    };
  return undefined;
}

/** @throws InvalidInput with the path of the mistake */
export function parseTarget(target: unknown): Target {
  return parseInput(Target, target, 'target');
}

/** For how long a key that was current must still be accepted after the last consumer turned to the next. */
export function overlapSeconds(target: Target): number {
  return target.maximumTokenLifeSeconds ?? target.holdersFetchWithinSeconds ?? 0;
}
