import type { RolloutRef } from '../aws/rollout-attempts.ts';
import type { Clock } from '../core/clock.ts';
import type { Timings } from '../core/entry.ts';
import { messageOf, type RolloutResult } from '../core/evidence/evidence.ts';
import { labels } from '../core/labels.ts';
import { type Phase, phaseOfState, resultOfState } from '../core/rollout/phase.ts';
import type { Account } from './account.ts';

interface Happened {
  at: string;
  secret: string;
  versionId: string;
}

/** What `rotate --watch --json` prints, one object per line. */
export type WatchEvent =
  | (Happened & { event: 'phase'; phase: Phase | 'rotating'; goingBack: boolean; task?: string })
  /** `failed`: it ended before there was a rollout. */
  | (Happened & { event: 'ended'; result: RolloutResult | 'failed'; reason: string | null });

export interface Watched extends RolloutRef {
  secret: string;
  timings: Pick<Timings, 'promotionSeconds' | 'rotationSeconds'>;
  /** The attempt that was started now; earlier ones are of the past. Undefined: a rotation was started. */
  fromAttempt?: number;
}

/** Between two looks. A rollout takes minutes; two calls every two seconds are far below Step Functions' quotas. */
const POLL_MS = 2_000;

/** A rotation that was just started, phase by phase until it has ended. Read-only. Rejects when the signal aborts. */
export async function* watch(
  watched: Watched,
  account: Account,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const { secret, versionId, fromAttempt } = watched;
  const happened = (atMs: number): Happened => ({ at: new Date(atMs).toISOString(), secret, versionId });
  const progress = new Progress();
  if (fromAttempt === undefined)
    yield { event: 'phase', ...happened(clock.nowMs()), phase: 'rotating', goingBack: false };
  const awaitRollout = promotionWatch(watched, account, clock);
  for (;;) {
    signal.throwIfAborted();
    // The status first: when it says that the execution has ended, the history that is read after it is whole.
    const newest = await account.newestAttempt(watched);
    // DescribeExecution is eventually consistent: an attempt that was just started may not be there at the first look.
    const attempt = newest !== undefined && newest.attempt >= (fromAttempt ?? 1) ? newest : undefined;
    if (attempt === undefined) {
      const reason = await awaitRollout();
      if (reason !== undefined) {
        yield { event: 'ended', ...happened(clock.nowMs()), result: 'failed', reason };
        return;
      }
    } else {
      for (const state of await account.enteredStates(attempt.executionArn, progress.eventId)) {
        if (progress.enter(state)) {
          const { phase, goingBack } = progress;
          const task = phase === 'awaiting a human' ? await account.humanTask(attempt.executionArn) : undefined;
          if (phase !== undefined)
            yield { event: 'phase', ...happened(state.atMs), phase, goingBack, ...(task !== undefined && { task }) };
        }
      }
      if (attempt.status !== 'RUNNING') {
        // An execution that somebody stopped wrote no record; its labels stay, which is a hold.
        const result = progress.result ?? 'held';
        const reason = result === 'retired' ? null : `${attempt.error ?? attempt.status}: ${messageOf(attempt.cause)}`;
        yield { event: 'ended', ...happened(clock.nowMs()), result, reason };
        return;
      }
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** Follows the states of one execution. */
class Progress {
  eventId = 0;
  phase: Phase | undefined;
  goingBack = false;
  result: RolloutResult | undefined;

  /** Whether a phase began with this state. */
  enter({ eventId, name }: { eventId: number; name: string }): boolean {
    this.eventId = eventId;
    this.result = resultOfState(name) ?? this.result;
    const phase = phaseOfState(name);
    if (phase === undefined || phase === this.phase) return false;
    this.phase = phase;
    this.goingBack ||= phase === 'going back';
    return true;
  }
}

/**
 * As long as there is no rollout, the labels tell. Answers why there will be none; undefined while there may be one. RotateSecret is
 * asynchronous: the version may not be there at the first look.
 */
function promotionWatch(watched: Watched, account: Account, clock: Clock): () => Promise<string | undefined> {
  const { secretArn, versionId, timings } = watched;
  const deadlineMs = clock.nowMs() + (timings.promotionSeconds + timings.rotationSeconds) * 1000;
  let wasPending = false;
  return async () => {
    const held = (await account.describe(secretArn)).versions[versionId] ?? [];
    if (held.length === 0 && wasPending) {
      return `${labels.pending} was taken from the new version before it was promoted; see the rotation function’s log`;
    }
    wasPending ||= held.includes(labels.pending);
    return clock.nowMs() > deadlineMs ? 'it did not promote in time; see the rotation function’s log' : undefined;
  };
}
