import { createHash } from 'node:crypto';
import type { SecretValue } from '../../../core/secret-value.ts';
import { isHashed, storedAs } from '../hash.ts';

/** What is known of a password that the server stores. */
export interface StoredPassword {
  plugin: string;
  /** The first 27 characters of what is stored, in hexadecimal: with caching_sha2_password the rounds and the salt. */
  head: string;
  /** SHA-256 of the whole, in lower-case hexadecimal. */
  print: string;
}

/** Whether this is the password that the server stores: without a login, so that none is expected to fail. Pure. */
export function isStored({ plugin, head, print }: StoredPassword, password: SecretValue): boolean {
  if (!isHashed(plugin)) return false;
  const stored = storedAs(plugin, password, Buffer.from(head, 'hex'));
  return stored?.parse((text) => createHash('sha256').update(text).digest('hex')) === print;
}
