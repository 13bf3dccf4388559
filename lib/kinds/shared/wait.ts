import { KeyturnError } from '../../core/errors.ts';
import type { KindContext } from '../../core/kind.ts';

const pollMs = 200;

/**
 * Looks until it is so, for at most `limitMs`. Looks at least once.
 * @returns whether it came to be so. @throws TargetTimeout when the function's own time ends first.
 */
export async function eventually(
  { clock, signal }: Pick<KindContext<unknown>, 'clock' | 'signal'>,
  limitMs: number,
  look: () => Promise<boolean>,
): Promise<boolean> {
  const untilMs = clock.nowMs() + limitMs;
  while (!(await look())) {
    if (clock.nowMs() >= untilMs) return false;
    try {
      await clock.sleep(pollMs, signal);
    } catch (cause) {
      throw new KeyturnError('TargetTimeout', 'the time of this call is over while it waits for the server', { cause });
    }
  }
  return true;
}
