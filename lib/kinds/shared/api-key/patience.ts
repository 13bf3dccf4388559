import type { Clock } from '../../../core/clock.ts';
import { KeyturnError } from '../../../core/errors.ts';
import type { Described } from './door.ts';

const intervalMs = 2_000;

/**
 * How long a provider's changes are waited for. Where they take time, they reach one server after the other: hence several
 * equal answers in a row, and a wait before a new key is tried at all, so that the clean path sees no refusal.
 */
export function patienceWith({ propagationSeconds }: Pick<Described, 'propagationSeconds'>) {
  const atOnce = propagationSeconds === 0;
  return {
    settleMs: Math.min(5, propagationSeconds) * 1000,
    inARow: atOnce ? 1 : 3,
    /** For a new key: room for the answers in a row, too. */
    acceptedWithinMs: atOnce ? 0 : propagationSeconds * 1000 + 3 * intervalMs,
    /** For a dead key, some ten answers: who asks again after StillAccepted (Step Functions) waits longer. */
    refusedWithinMs: atOnce ? 0 : 20_000,
  };
}

/** @throws TargetTimeout when the signal aborts. */
export async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    await clock.sleep(ms, signal);
  } catch {
    throw new KeyturnError('TargetTimeout', 'the wait for the provider was cut off: the function ran out of time');
  }
}

/** Asks until the answer was `wanted` so many times running; false when the time is over. Ends at once on an error. */
export async function inARow<A extends { state: string }>(
  ask: () => Promise<A>,
  wanted: A['state'],
  times: number,
  withinMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<A | undefined> {
  const untilMs = clock.nowMs() + withinMs;
  for (let row = 0; ; ) {
    const answer = await ask();
    row = answer.state === wanted ? row + 1 : 0;
    if (row >= times) return answer;
    if (clock.nowMs() >= untilMs) return undefined;
    await pause(intervalMs, clock, signal);
  }
}
