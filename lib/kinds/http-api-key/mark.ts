import { createHash } from 'node:crypto';

/** `keyturn/` + name + `~` + 12 + `/` + a token of at most 64, or `~` and an id of at most 64. */
const besideName = 8 + 1 + 12 + 1 + 65;

/**
 * What the names of a secret's own keys begin with: `keyturn/app/sendgrid~1a2b3c4d5e6f/`. The secret's name is for people (cut to
 * what the provider's names may hold); the hash of its ARN tells secrets apart that have one name in several accounts or
 * Regions and share a provider's account. Pure.
 */
export function markOf(secretArn: string, nameLength: number): string {
  const name = secretArn.split(':secret:')[1]?.slice(0, -7) ?? secretArn;
  const hash = createHash('sha256').update(secretArn).digest('hex').slice(0, 12);
  return `keyturn/${name.slice(0, nameLength - besideName)}~${hash}/`;
}

const RESTORED = /^keyturn\/.*\/~([^/]+)$/;

/** The name of a key that was deleted and made again with the same value: it stands for the key that had this id. Pure. */
export function restoredName(mark: string, id: string): string {
  return `${mark}~${id}`;
}

/** The id that a key is known by: its own, or that of the key it was made again for. Pure. */
export function identityOf({ id, name }: { id: string; name: string }): string {
  return RESTORED.exec(name)?.[1] ?? id;
}
