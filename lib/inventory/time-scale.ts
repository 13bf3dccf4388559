import type { SecretEntry } from '../core/entry.ts';

/** Rounded up to whole seconds, because Step Functions waits in whole seconds; 0 stays 0. */
function scaled(seconds: number, timeScale: number): number {
  return seconds === 0 ? 0 : Math.max(1, Math.ceil(seconds / timeScale));
}

/** The same entry with every duration divided by `timeScale`: how a rehearsal gets through a day's grace in seconds. */
export function scaleEntry(entry: SecretEntry, timeScale: number): SecretEntry {
  const scale = (seconds: number) => scaled(seconds, timeScale);
  return {
    ...entry,
    timings: {
      soakSeconds: scale(entry.timings.soakSeconds),
      graceSeconds: scale(entry.timings.graceSeconds),
      gateSeconds: scale(entry.timings.gateSeconds),
      coalesceSeconds: scale(entry.timings.coalesceSeconds),
      skewSeconds: scale(entry.timings.skewSeconds),
      pollSeconds: scale(entry.timings.pollSeconds),
      promotionSeconds: scale(entry.timings.promotionSeconds),
      rotationSeconds: scale(entry.timings.rotationSeconds),
    },
    waves: entry.waves.map((wave) =>
      wave.map((consumer) => ({
        ...consumer,
        deadlineSeconds: scale(consumer.deadlineSeconds),
        pollSeconds: scale(consumer.pollSeconds),
        checks: consumer.checks.map((check) => ({
          ...check,
          intervalSeconds: scale(check.intervalSeconds),
          deadlineSeconds: scale(check.deadlineSeconds),
        })),
      })),
    ),
  };
}
