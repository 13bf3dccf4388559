import { createHash, scryptSync } from 'node:crypto';
import type { SecretValue } from '../../core/secret-value.ts';

/** As Redis stores a password and ACL GETUSER shows it: SHA-256 in lower-case hexadecimal. */
export function hashOf(password: SecretValue): SecretValue {
  return password.map((text) => createHash('sha256').update(text).digest('hex'));
}

/** 8 MiB and some 30 ms: what one guess at a password costs whoever reads an identity. */
const cost = { N: 2 ** 13, r: 8, p: 1 };

/**
 * The non-secret name of one of a user's passwords: `app#8f…`, 16 hexadecimal digits. Made of the stored hash, so that
 * a server's own list of hashes can be searched for it. README.md says why it may be printed.
 */
export function identityOf(user: string, hash: SecretValue): string {
  return hash.parse((text) => `${user}#${scryptSync(text, `keyturn:redis:${user}`, 8, cost).toString('hex')}`);
}
