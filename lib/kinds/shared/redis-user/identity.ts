import { createHash, scryptSync } from 'node:crypto';
import type { SecretValue } from '../../../core/secret-value.ts';

/** As Redis stores a password and ACL GETUSER shows it: SHA-256 in lower-case hexadecimal. */
export function hashOf(password: SecretValue): SecretValue {
  return password.map((text) => createHash('sha256').update(text).digest('hex'));
}

/** Whose password it is. Part of the salt, so that a table of guesses serves for one user of one deployment only. */
interface Owner {
  user: string;
  host: string;
  port: number;
}

/**
 * What one guess at a password costs whoever reads an identity: 16 MiB and 27 ms of a whole CPU (Node 24, x86-64; with the
 * 0.29 of a CPU that Lambda gives to 512 MB, some 95 ms). What scrypt's author advises for logins, and Node's default:
 * https://www.tarsnap.com/scrypt/scrypt.pdf, section 6. Identities stand in evidence, so these never change.
 */
const cost = { N: 2 ** 14, r: 8, p: 1, maxmem: 32 * 1024 * 1024 };

/** By what they were made of: one call names the same few passwords again and again. */
const known = new Map<string, string>();
const mostKnown = 64;

/**
 * The non-secret name of one of a user's passwords: `app#8f…`, 16 hexadecimal digits of scrypt. Made of the hash that Redis
 * stores, so that a server's own list can be searched for it. lib/kinds/redis/README.md says why it may be printed.
 */
export function identityOf({ user, host, port }: Owner, hash: SecretValue): string {
  const salt = `keyturn:redis:${user}@${host.toLowerCase()}:${port}`;
  const key = hash.parse((text) => createHash('sha256').update(`${salt}\0${text}`).digest('hex'));
  let digits = known.get(key);
  if (digits === undefined) {
    digits = hash.parse((text) => scryptSync(text, salt, 8, cost).toString('hex'));
    if (known.size >= mostKnown) known.clear();
    known.set(key, digits);
  }
  return `${user}#${digits}`;
}
