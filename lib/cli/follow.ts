import type { Clock } from '../core/clock.ts';
import type { RolloutResult } from '../core/evidence/evidence.ts';
import type { Account } from './account.ts';
import type { ExitCode } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { type Watched, watch } from './watch.ts';
import { watchLines } from './watch-lines.ts';

export interface FollowParts {
  account: Account;
  clock: Clock;
  terminal: Terminal;
  /** Ends the account's calls: nothing more is wanted of them. */
  interrupted: AbortController;
  /** Calls back once when the operator presses Ctrl-C, instead of ending the process. Returns how to stop listening. */
  onInterrupt(listener: () => void): () => void;
}

/** Prints what happens until it has ended. 0 when it ended as `wanted`, 1 when not, 130 after Ctrl-C. */
export async function follow(
  watched: Watched,
  wanted: readonly RolloutResult[],
  { json = false }: { json?: boolean },
  parts: FollowParts,
): Promise<ExitCode | 130> {
  const { account, clock, terminal, interrupted, onInterrupt } = parts;
  const stopListening = onInterrupt(() => interrupted.abort());
  const lines = watchLines(terminal, clock.nowMs);
  try {
    for await (const event of watch(watched, account, clock, interrupted.signal)) {
      if (json) terminal.out(JSON.stringify(event));
      else lines.show(event);
      if (event.event === 'ended') return event.result !== 'failed' && wanted.includes(event.result) ? 0 : 1;
    }
    return 1;
  } catch (error) {
    const what = watched.fromAttempt === undefined ? 'rotation' : 'rollout';
    terminal.err(`Stopped watching; the ${what} goes on. See keyturn status ${watched.secret}`);
    if (!interrupted.signal.aborted) throw error;
    // 128 + SIGINT, as shells have it: neither retired nor failed.
    return 130;
  } finally {
    lines.stop();
    stopListening();
  }
}
