import type { SecretEntry } from '../core/entry.ts';

/** What AWS and the targets do takes them as long as ever: a limit below this would end what goes well. */
const shortestLimitSeconds = 60;

/**
 * The same entry with every wait divided by `timeScale`: how a rehearsal gets through a day's grace in seconds. Whole
 * seconds, rounded up, because Step Functions waits in whole seconds; 0 stays 0. Limits, which cost no time as long as
 * all goes well, are divided too, but not to less than a minute.
 */
export function scaleEntry(entry: SecretEntry, timeScale: number): SecretEntry {
  const wait = (seconds: number) => Math.ceil(seconds / timeScale);
  const limit = (seconds: number) => Math.min(seconds, Math.max(shortestLimitSeconds, wait(seconds)));
  const { timings, waves } = entry;
  return {
    ...entry,
    timings: {
      soakSeconds: wait(timings.soakSeconds),
      graceSeconds: wait(timings.graceSeconds),
      gateSeconds: limit(timings.gateSeconds),
      coalesceSeconds: limit(timings.coalesceSeconds),
      skewSeconds: wait(timings.skewSeconds),
      pollSeconds: wait(timings.pollSeconds),
      promotionSeconds: limit(timings.promotionSeconds),
      rotationSeconds: wait(timings.rotationSeconds),
      humanSeconds: limit(timings.humanSeconds),
      reminderSeconds: wait(timings.reminderSeconds),
    },
    waves: waves.map((wave) =>
      wave.map((consumer) => ({
        ...consumer,
        deadlineSeconds: limit(consumer.deadlineSeconds),
        pollSeconds: wait(consumer.pollSeconds),
        checks: consumer.checks.map((check) => ({
          ...check,
          intervalSeconds: wait(check.intervalSeconds),
          deadlineSeconds: limit(check.deadlineSeconds),
        })),
      })),
    ),
  };
}
