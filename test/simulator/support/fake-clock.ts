import type { SimulatorClock } from '../../../lib/simulator/clock.ts';

/** A clock that stands still until it is moved; it begins now, because clients sign with the real time. */
export interface FakeClock extends SimulatorClock {
  advance(ms: number): void;
}

export function fakeClock(): FakeClock {
  let nowMs = Date.now();
  let sleepers: { untilMs: number; wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        sleepers.push({ untilMs: nowMs + ms, wake: resolve });
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
    advance(ms) {
      nowMs += ms;
      const due = sleepers.filter(({ untilMs }) => untilMs <= nowMs);
      sleepers = sleepers.filter(({ untilMs }) => untilMs > nowMs);
      for (const { wake } of due) wake();
    },
  };
}
