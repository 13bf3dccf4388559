import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';

/** EventBridge's `Secret Label Updated`, what we need of it. */
export interface LabelUpdated {
  secretArn: string;
  versionId: string;
}

/**
 * Whether AWSCURRENT came to a version by Keyturn's hand: the version's own rollout runs (forward), or the rollout of the
 * version that it left runs or has gone back (a held one leaves the retiring label on the predecessor, so a move back by
 * hand is seen). A secret's first version retires nothing and alarms nobody.
 */
export async function isManaged(
  event: LabelUpdated,
  state: SecretState,
  rolloutOf: (versionId: string) => Promise<'RUNNING' | 'SUCCEEDED' | 'FAILED' | undefined>,
): Promise<boolean> {
  const previous = holderOf(state, labels.previous);
  if (previous === undefined || previous === event.versionId) return true;
  if ((await rolloutOf(event.versionId)) === 'RUNNING') return true;
  const left = await rolloutOf(previous);
  return left === 'RUNNING' || (left === 'FAILED' && holderOf(state, labels.retiring) !== event.versionId);
}
