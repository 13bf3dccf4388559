import { createHash, scryptSync } from 'node:crypto';
import type { Jwk } from './algorithms.ts';

/** The members that make a key what it is, in the order of their names. https://www.rfc-editor.org/rfc/rfc7638#section-3.2 */
const required: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
  oct: ['k', 'kty'],
};

/**
 * A key's id: its RFC 7638 thumbprint. Of a symmetric key it is a hash of the key itself, which tells nothing only when the
 * key is chance enough (section 7): those that Keyturn makes are, others get `hardenedKid`.
 */
export function thumbprint(jwk: Jwk): string {
  const members = (required[jwk.kty] ?? []).map((name) => [name, jwk[name]]);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}

/** What can stand in a token's header, an identity and a log. */
export function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && /^[\x21-\x7e]{1,128}$/.test(kid);
}

/** 8 MiB and some 30 ms: what one guess at a text costs whoever reads its id. */
const cost = { N: 2 ** 13, r: 8, p: 1 };

/** An id for a shared text that people may have chosen: 16 hexadecimal digits. README.md says why it may be printed. */
export function hardenedKid(text: string): string {
  return scryptSync(text, 'keyturn:key-set', 8, cost).toString('hex');
}
