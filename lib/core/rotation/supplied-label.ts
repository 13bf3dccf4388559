import { labels } from '../labels.ts';
import type { SecretState, SecretStore } from '../ports.ts';

/**
 * The version whose value waits for its rotation. One that is or was current has had it, whatever became of the label: a rollout that
 * was ended by hand leaves it behind. One that is pending waits still, should its rotation be given up. Pure.
 */
export function waitingVersion({ supplied, versions }: SecretState): string | undefined {
  const held = supplied === undefined ? [] : (versions[supplied] ?? []);
  const wasPromoted = [labels.current, labels.previous, labels.retiring].some((label) => held.includes(label));
  return wasPromoted ? undefined : supplied;
}

/** Takes the label from these versions: their value is never used again. One that was brought meanwhile keeps it. Idempotent. */
export async function forgetSupplied(
  { arn, supplied }: SecretState,
  versionIds: readonly string[],
  store: SecretStore,
): Promise<void> {
  if (supplied !== undefined && versionIds.includes(supplied))
    await store.moveLabel(arn, labels.supplied, { from: supplied });
}
