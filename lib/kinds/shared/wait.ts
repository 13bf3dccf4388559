import { KeyturnError } from '../../core/errors.ts';
import type { KindContext } from '../../core/kind.ts';

/** The next look comes twice as late as the one before: what a server ends at once, such as a session, is seen at once. */
const polls = { firstMs: 10, longestMs: 200 };

/**
 * Looks until it is so, for at most `limitMs`. Looks at least once.
 * @returns whether it came to be so. @throws TargetTimeout when the function's own time ends first.
 */
export async function eventually(
  { clock, signal }: Pick<KindContext<unknown>, 'clock' | 'signal'>,
  limitMs: number,
  look: () => Promise<boolean>,
  { firstMs, longestMs } = polls,
): Promise<boolean> {
  const untilMs = clock.nowMs() + limitMs;
  for (let pollMs = firstMs; !(await look()); pollMs = Math.min(2 * pollMs, longestMs)) {
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0) return false;
    try {
      await clock.sleep(Math.min(pollMs, leftMs), signal);
    } catch (cause) {
      throw new KeyturnError('TargetTimeout', 'the time of this call is over while it waits for the server', { cause });
    }
  }
  return true;
}
