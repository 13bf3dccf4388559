import { labels } from '../labels.ts';
import type { SecretStore } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import { forgetSupplied } from '../rotation/supplied-label.ts';
import type { Turn } from './turn.ts';

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

/**
 * Ends a turn in the labels. A value that a human brought and that this turn promoted or took back is not used again: its label goes
 * first, because without the retiring one the next rotation may come. Idempotent.
 */
export async function closeTurn(secretArn: string, { keep, retire }: Turn, store: SecretStore): Promise<void> {
  const state = await store.describe(secretArn);
  await forgetSupplied(state, [keep, retire], store);
  if (holderOf(state, labels.retiring) === retire) await store.moveLabel(secretArn, labels.retiring, { from: retire });
}
