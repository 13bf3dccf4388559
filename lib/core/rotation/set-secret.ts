import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import { secretNameOf } from '../secret-arn.ts';
import type { RotationEvent } from './event.ts';
import type { RotationParts } from './parts.ts';
import { readPending } from './read-pending.ts';
import { forgetSupplied } from './supplied-label.ts';
import { contextOf } from './target-context.ts';

/**
 * Installs the pending credential at the target and logs in as it. Idempotent.
 * @throws CurrentMoved, after stripping AWSPENDING, when AWSCURRENT has come to be another version of the same identity
 * @throws PendingPoisoned after stripping AWSPENDING, when the target definitively rejects the value
 */
export async function setSecret(event: RotationEvent, parts: RotationParts): Promise<void> {
  const { kind, store } = parts;
  const context = contextOf(parts, await parts.entryOf(secretNameOf(event.SecretId)), event.SecretId);
  const value = await readPending(event, parts);
  const pending = kind.parse(value, context.target);
  if (pending === undefined)
    throw new KeyturnError('SecretMalformed', `${event.SecretId}: the pending version holds no credential`);
  const currentValue = await store.read(event.SecretId, { label: labels.current });
  const current = kind.parse(currentValue, context.target);
  if (current !== undefined && !currentValue.equals(value) && kind.identify(current) === kind.identify(pending)) {
    // With two names in turn, installing the one would end the other: what is current would stop working.
    await store.moveLabel(event.SecretId, labels.pending, { from: event.ClientRequestToken });
    throw new KeyturnError(
      'CurrentMoved',
      `${secretNameOf(event.SecretId)}: ${labels.current} was moved after ${event.ClientRequestToken} was made, to another version of ${kind.identify(current)}; nothing was changed, rotate again`,
    );
  }
  try {
    await kind.install(context, { pending, current });
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'PendingPoisoned') {
      // A value that a human brought would be taken again by the next attempt: it waits no longer, a better one is wanted.
      if (kind.origin === 'brought')
        await forgetSupplied(await store.describe(event.SecretId), [event.ClientRequestToken], store);
      // The next attempt gets a new token and with it a new value; this one would be rejected for ever.
      await store.moveLabel(event.SecretId, labels.pending, { from: event.ClientRequestToken });
    }
    throw error;
  }
}
