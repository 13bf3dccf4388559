import { createHash } from 'node:crypto';
import { secretNameOf } from '../../core/secret-arn.ts';
import type { PublicKey } from './key-pair.ts';

/**
 * What the comments of a secret's own lines begin with: `keyturn:app/deploy~1a2b3c4d5e6f:`. The name is for people; the hash of
 * the ARN tells secrets apart that have one name in several accounts or Regions and share a host. A secret's name has
 * no blanks. Pure.
 */
export function markOf(secretArn: string): string {
  const hash = createHash('sha256').update(secretArn).digest('hex').slice(0, 12);
  return `keyturn:${secretNameOf(secretArn)}~${hash}:`;
}

/** A line of authorized_keys, the fingerprint in its comment. Pure. */
export function lineOf(secretArn: string, { type, blob, fingerprint }: PublicKey, options: string | undefined): string {
  return [...(options === undefined ? [] : [options]), type, blob, `${markOf(secretArn)}${fingerprint}`].join(' ');
}
