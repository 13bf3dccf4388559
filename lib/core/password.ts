import { randomInt } from 'node:crypto';
import { SecretValue } from './secret-value.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * 32 characters of 62: log2(62^32) = 190 bits. No punctuation, so that the password is the same in a URL, a shell, an
 * .ini file and YAML. `randomInt` draws without modulo bias.
 */
export function newPassword(): SecretValue {
  return SecretValue.of(Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join(''));
}
