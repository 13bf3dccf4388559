import type { SFNClient } from '@aws-sdk/client-sfn';
import type { RolloutView } from '../core/campaign/perform-campaign.ts';
import { phaseOf } from '../core/rollout/phase.ts';
import { enteredStates, newestAttempt, type RolloutRef } from './rollout-attempts.ts';

/** The newest attempt's rollout, seen from outside; undefined before any started. Read-only. */
export async function rolloutView(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  abortSignal: AbortSignal,
): Promise<RolloutView | undefined> {
  const newest = await newestAttempt(client, machineArn, ref, abortSignal);
  if (newest === undefined) return undefined;
  if (newest.status !== 'RUNNING') {
    return { status: newest.status === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED', phase: undefined };
  }
  const states = await enteredStates(client, newest.executionArn, 0, abortSignal);
  return { status: 'RUNNING', phase: phaseOf(states.reverse().map(({ name }) => name)) };
}
