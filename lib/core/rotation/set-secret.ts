import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import { secretNameOf } from '../secret-arn.ts';
import type { RotationEvent } from './event.ts';
import type { RotationParts } from './parts.ts';
import { readPending } from './read-pending.ts';
import { contextOf } from './target-context.ts';

/**
 * Installs the pending credential at the target and logs in as it. Idempotent.
 * @throws PendingPoisoned after stripping AWSPENDING, when the target definitively rejects the value
 */
export async function setSecret(event: RotationEvent, parts: RotationParts): Promise<void> {
  const { kind, store } = parts;
  const context = contextOf(parts, await parts.entryOf(secretNameOf(event.SecretId)), event.SecretId);
  const pending = kind.parse(await readPending(event, parts), context.target);
  if (pending === undefined)
    throw new KeyturnError('SecretMalformed', `${event.SecretId}: the pending version holds no credential`);
  const current = kind.parse(await store.read(event.SecretId, { label: labels.current }), context.target);
  try {
    await kind.install(context, { pending, current });
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'PendingPoisoned') {
      // The next attempt gets a new token and with it a new value; this one would be rejected for ever.
      await store.moveLabel(event.SecretId, labels.pending, { from: event.ClientRequestToken });
    }
    throw error;
  }
}
