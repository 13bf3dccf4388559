import { setImmediate as letOthersRun, setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../lib/core/clock.ts';

export const realClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}),
};

/** Time passes when somebody sleeps, by as much, and costs none: for waits that are to run into their limit. */
export function fastClock(startMs = 0): Clock & { sleptMs: number } {
  const clock = {
    sleptMs: 0,
    nowMs: () => startMs + clock.sleptMs,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      clock.sleptMs += ms;
      await letOthersRun();
    },
  };
  return clock;
}

/** The machine's time, in which waits cost a hundredth of what they should: for servers that are that much faster. */
export const briskClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => wait(ms / 100, undefined, signal ? { signal } : {}),
};
