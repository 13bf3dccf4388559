import { createHash } from 'node:crypto';
import type { SecretValue } from '../../../core/secret-value.ts';
import { type Owner, passwordIdentity } from '../password-identity.ts';

/** As Redis stores a password and ACL GETUSER shows it: SHA-256 in lower-case hexadecimal. */
export function hashOf(password: SecretValue): SecretValue {
  return password.map((text) => createHash('sha256').update(text).digest('hex'));
}

/** The name of a password, made of the hash that Redis stores, so that a server's own list can be searched for it. */
export function identityOf(owner: Omit<Owner, 'realm'>, hash: SecretValue): string {
  return passwordIdentity({ ...owner, realm: 'redis' }, hash);
}
