import { createHash, randomInt } from 'node:crypto';
import type { SecretValue } from '../../core/secret-value.ts';
import { sha256Crypt } from './sha-crypt.ts';

/** Plugins whose stored form of a password is made here, so that the password itself never reaches the server's log. */
export const hashedPlugins = ['mysql_native_password', 'caching_sha2_password'] as const;
export type HashedPlugin = (typeof hashedPlugins)[number];

export function isHashed(plugin: string): plugin is HashedPlugin {
  return (hashedPlugins as readonly string[]).includes(plugin);
}

/** What the server stores for the password under the plugin. Letters, digits, `*`, `$`, `.` and `/`: no need of escapes. */
export function storedPassword(plugin: HashedPlugin, password: SecretValue, salt: string = newSalt()): SecretValue {
  return plugin === 'mysql_native_password' ? nativePassword(password) : cachingSha2Password(password, salt);
}

/** SHA-1 of SHA-1, in upper-case hexadecimal after a star: https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/ */
function nativePassword(password: SecretValue): SecretValue {
  return password.map((text) => {
    const once = createHash('sha1').update(text).digest();
    return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
  });
}

/**
 * `$A$`, thousands of rounds in hexadecimal, `$`, 20 characters of salt, 43 of SHA-256 crypt with the whole salt
 * (sql/auth/sha2_password.cc, `serialize`). 5,000 rounds are MySQL's default (caching_sha2_password_digest_rounds).
 */
function cachingSha2Password(password: SecretValue, salt: string): SecretValue {
  return underHead(password, Buffer.from(`$A$005$${salt}`), 5_000);
}

function underHead(password: SecretValue, head: Buffer, rounds: number): SecretValue {
  return password.map((text) => `${head.toString()}${sha256Crypt(Buffer.from(text), head.subarray(7), rounds)}`);
}

/**
 * What the server has stored if it is this password that it stores: as `storedPassword`, with the rounds and the salt of the
 * first 27 bytes that are there. Undefined where those are none of caching_sha2_password.
 */
export function storedAs(plugin: HashedPlugin, password: SecretValue, head: Buffer): SecretValue | undefined {
  if (plugin === 'mysql_native_password') return nativePassword(password);
  const thousands = /^\$A\$([0-9A-F]{3})\$/.exec(head.toString('latin1'))?.[1];
  if (thousands === undefined) return undefined;
  return underHead(password, head, Number.parseInt(thousands, 16) * 1_000);
}

const saltCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** MySQL's own is 20 bytes of 7 bits; these are printable, which lets them stand in a string literal. 119 bits. */
function newSalt(): string {
  return Array.from({ length: 20 }, () => saltCharacters[randomInt(saltCharacters.length)]).join('');
}
