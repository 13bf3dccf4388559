import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => wait(ms, undefined, signal && { signal }),
};
