import { randomInt } from 'node:crypto';
import { SecretValue } from '../../core/secret-value.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A key of ours: 22 characters of 62 are 131 bits, 32 are 190. */
export function randomKey(length: number): SecretValue {
  return SecretValue.of(Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join(''));
}
