import * as z from 'zod/mini';
import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretStore } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import { secretNameOf } from '../secret-arn.ts';
import { isManaged } from './unmanaged.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html */
export const LabelUpdatedEvent = z.object({
  resources: z.array(z.string()).check(z.minLength(1)),
  detail: z.object({ labelUpdated: z.string(), versionId: z.string() }),
});
export type LabelUpdatedEvent = z.infer<typeof LabelUpdatedEvent>;

export interface WatchParts {
  store: SecretStore;
  /** Whether the inventory has an entry of this secret. */
  isInventoried(secretName: string): Promise<boolean>;
  rolloutOf(ref: { secretArn: string; versionId: string }): Promise<'RUNNING' | 'SUCCEEDED' | 'FAILED' | undefined>;
  alarm(error: KeyturnError, secret: string): Promise<void>;
}

/**
 * Alarms when AWSCURRENT of an inventoried secret was moved by somebody else: consumers were not moved, and the old
 * credential lives. Nothing is rolled out by itself.
 */
export async function watchLabel(event: LabelUpdatedEvent, parts: WatchParts): Promise<void> {
  const secretArn = event.resources[0] ?? '';
  const secret = secretNameOf(secretArn);
  if (event.detail.labelUpdated !== labels.current || !(await parts.isInventoried(secret))) return;
  const state = await parts.store.describe(secretArn);
  // The label has moved on since: the newer event tells about that.
  if (holderOf(state, labels.current) !== event.detail.versionId) return;
  const moved = { secretArn: state.arn, versionId: event.detail.versionId };
  if (await isManaged(moved, state, (versionId) => parts.rolloutOf({ secretArn: state.arn, versionId }))) return;
  const error = new KeyturnError(
    'UnmanagedPromotion',
    `${secret}: ${labels.current} moved to ${moved.versionId}, and not by Keyturn; its consumers may still run on the old credential, which still works`,
  );
  await parts.alarm(error, secret);
}
