import type { Clock } from '../../core/clock.ts';
import { KeyturnError } from '../../core/errors.ts';

/**
 * IAM's changes reach STS some seconds after they were made: "changes … take time to replicate … verify that they have
 * been propagated before production workflows depend on them", and STS answers from many servers, hence several
 * answers in a row. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export const patience = {
  /** Before a new key is tried at all, so that the clean path sees no refusal. */
  settleMs: 10_000,
  intervalMs: 2_000,
  /** Equal answers in a row that count as the answer. */
  inARow: 3,
  /** For a new key, all Regions together, after `settleMs`. */
  acceptedWithinMs: 90_000,
  /** For a disabled key, per Region: some ten answers. Who asks again after StillAccepted waits longer. */
  refusedWithinMs: 20_000,
} as const;

/** @throws TargetTimeout when the signal aborts. */
export async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    await clock.sleep(ms, signal);
  } catch {
    throw new KeyturnError('TargetTimeout', 'the wait for IAM was cut off: the function ran out of time');
  }
}

/**
 * Asks until `wanted` was answered `inARow` times running, or until the time is over: then false.
 * Ends at once on an error.
 */
export async function answersInARow<A extends { state: string }>(
  ask: () => Promise<A>,
  wanted: A['state'],
  untilMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<A | undefined> {
  for (let row = 0; ; ) {
    const answer = await ask();
    row = answer.state === wanted ? row + 1 : 0;
    if (row >= patience.inARow) return answer;
    if (clock.nowMs() >= untilMs) return undefined;
    await pause(patience.intervalMs, clock, signal);
  }
}
