import { SecretValue } from '../../core/secret-value.ts';
import type { Algorithm, Jwk } from './algorithms.ts';
import type { Key } from './key-set.ts';

/** Of each sort of key, public and private; whatever else a JWK has (certificates, permitted operations) is not carried on. */
const members = ['kty', 'crv', 'k', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'x', 'y'];

/** A private JWK as a key of the set, always in the same words: views are compared with what follows from it. */
export function signingKey(jwk: Jwk, kid: string, alg: Algorithm): Key {
  const parts = members.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]);
  return { kid, secret: SecretValue.of(JSON.stringify({ ...Object.fromEntries(parts), kid, alg, use: 'sig' })) };
}
