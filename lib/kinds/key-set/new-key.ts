import { randomInt } from 'node:crypto';
import { SecretValue } from '../../core/secret-value.ts';
import { newJwk } from './algorithms.ts';
import type { Key } from './key-set.ts';
import { thumbprint } from './kid.ts';
import type { Target } from './schema.ts';
import { signingKey } from './signing-key.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `randomInt` draws without modulo bias. */
function letters(count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/**
 * A key for the target's algorithm. An API key is `<prefix><12 letters>_<43 letters>`: the part before the underscore is its id and
 * no secret, the part after it is log2(62^43) = 256 bits.
 */
export function newKey({ algorithm, prefix = '' }: Target): Key {
  if (algorithm === 'opaque') {
    const kid = `${prefix}${letters(12)}`;
    return { kid, secret: SecretValue.of(`${kid}_${letters(43)}`) };
  }
  const jwk = newJwk(algorithm);
  return signingKey(jwk, thumbprint(jwk), algorithm);
}
