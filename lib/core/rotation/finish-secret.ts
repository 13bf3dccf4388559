import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { RotationEvent } from './event.ts';
import { guard, holderOf } from './guard.ts';
import type { RotationParts } from './parts.ts';

/**
 * Starts the rollout, then labels the outgoing version retiring, then moves AWSCURRENT by compare-and-swap. Started
 * before promoted: if the function dies in between, the rollout waits for the promotion and Secrets Manager's retry
 * finishes it. Idempotent; the early return ensures the rollout too.
 * @throws LabelMoved when somebody else moved a label meanwhile
 */
export async function finishSecret(event: RotationEvent, { store, ensureRollout }: RotationParts): Promise<void> {
  const token = event.ClientRequestToken;
  const state = await store.describe(event.SecretId);
  const standing = guard(state, token);
  await ensureRollout({ secretArn: state.arn, versionId: token });
  if (standing === 'already-current') return;
  const outgoing = holderOf(state, labels.current);
  if (outgoing === undefined)
    throw new KeyturnError('LabelMoved', `${state.name}: no version is ${labels.current}; put a value first`);
  const retiring = holderOf(state, labels.retiring);
  // A move without `from` fails when another version holds the label: a second open rollout is impossible.
  if (retiring !== outgoing) await store.moveLabel(state.arn, labels.retiring, { to: outgoing });
  await store.moveLabel(state.arn, labels.current, { from: outgoing, to: token });
}
