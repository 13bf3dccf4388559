import { labels } from '../labels.ts';
import type { SecretStore } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';

/** Takes AWSPENDING from a version whose rotation never promoted. Idempotent. */
export async function stripPending(secretArn: string, versionId: string, store: SecretStore): Promise<void> {
  const state = await store.describe(secretArn);
  if (holderOf(state, labels.pending) === versionId)
    await store.moveLabel(secretArn, labels.pending, { from: versionId });
}

/**
 * Ends the rollout in the labels: the retiring label goes, and the next rotation may come. With `versionId` only if it is
 * there; an abandoned rotation may have left it on AWSCURRENT. Idempotent.
 */
export async function stripRetiring(secretArn: string, versionId: string, store: SecretStore): Promise<void> {
  const state = await store.describe(secretArn);
  if (holderOf(state, labels.retiring) === versionId)
    await store.moveLabel(secretArn, labels.retiring, { from: versionId });
}
