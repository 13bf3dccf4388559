import type { Clock } from './clock.ts';
import { KeyturnError } from './errors.ts';

/** A wait between two looks at a target. @throws TargetTimeout when the signal aborts */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    await clock.sleep(ms, signal);
  } catch {
    throw new KeyturnError('TargetTimeout', 'the time of this call is over while it waits for its target');
  }
}
