import { createHash, scryptSync } from 'node:crypto';
import type { SecretValue } from '../../core/secret-value.ts';

/** Whose password it is. Part of the salt, so that a table of guesses serves for one user of one target only. */
export interface Owner {
  /** The product, such as `redis`. */
  realm: string;
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
 * The non-secret name of one of a user's passwords: `app#8f…`, 16 hexadecimal digits of scrypt. lib/kinds/redis/README.md says
 * why it may be printed.
 * @param secret the password, or what its target stores of it
 */
export function passwordIdentity({ realm, user, host, port }: Owner, secret: SecretValue): string {
  const salt = `keyturn:${realm}:${user}@${host.toLowerCase()}:${port}`;
  const key = secret.parse((text) => createHash('sha256').update(`${salt}\0${text}`).digest('hex'));
  let digits = known.get(key);
  if (digits === undefined) {
    digits = secret.parse((text) => scryptSync(text, salt, 8, cost).toString('hex'));
    if (known.size >= mostKnown) known.clear();
    known.set(key, digits);
  }
  return `${user}#${digits}`;
}
