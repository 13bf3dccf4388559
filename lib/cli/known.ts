import type { Attempt } from '../aws/rollout-attempts.ts';
import type { SecretEntry } from '../core/entry.ts';
import { labels } from '../core/labels.ts';
import type { AttemptState, Known } from '../core/rollout/way-out.ts';
import { holderOf } from '../core/rotation/guard.ts';
import type { Account } from './account.ts';

/** What is known of a secret that may need a way out: labels, dates, the rollouts of its versions, the newest record. Read-only. */
export async function lookAt(entry: SecretEntry, account: Account, nowMs: number): Promise<Known> {
  const state = await account.describe(entry.secret);
  const [dates, last, open] = await Promise.all([
    account.versionDates(state.arn),
    account.newestRecord(entry.secret),
    account.openRollouts(),
  ]);
  const versionIds = new Set(Object.values(labels).flatMap((label) => holderOf(state, label) ?? []));
  if (last !== undefined) versionIds.add(last.versionId);
  const attempts: Record<string, AttemptState> = {};
  for (const versionId of versionIds) {
    const newest = await account.newestAttempt({ secretArn: state.arn, versionId });
    if (newest !== undefined) attempts[versionId] = stateOf(newest);
  }
  // A version that is abandoned right now carries no label any more.
  for (const { secretArn, versionId } of open) if (secretArn === state.arn) attempts[versionId] = 'RUNNING';
  const { promotionSeconds, rotationSeconds } = entry.timings;
  return { state, dates, attempts, last, promotionSeconds: promotionSeconds + rotationSeconds, nowMs };
}

/** Whether an attempt came to one of these states. Read-only. */
export async function hasEntered(
  { executionArn }: Attempt,
  states: readonly string[],
  account: Account,
): Promise<boolean> {
  return (await account.enteredStates(executionArn)).some(({ name }) => states.includes(name));
}

/** A stopped execution and one that ran out of time have left the same behind as a failed one. */
function stateOf({ status }: Attempt): AttemptState {
  return status === 'RUNNING' || status === 'SUCCEEDED' ? status : 'FAILED';
}
