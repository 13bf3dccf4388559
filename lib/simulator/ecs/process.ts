import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Watchdog } from './watchdog.ts';

export interface TaskProcess {
  /** Resolves with the exit code when the process and its group are gone; 128 + the signal's number after a signal, as Docker has it. */
  readonly ended: Promise<number>;
  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when it ended. */
  stop(graceMs: number): Promise<number>;
  kill(): void;
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGTERM: 15,
  SIGKILL: 9,
  SIGINT: 2,
  SIGSEGV: 11,
  SIGABRT: 6,
};

/**
 * Starts a container's command as the leader of a process group, with `environment` and nothing of ours. Resolves when
 * it runs. @throws Error when the executable cannot be started.
 */
export async function startProcess(
  command: string[],
  environment: Record<string, string>,
  watchdog: Watchdog,
  onOutput: (chunk: string) => void,
): Promise<TaskProcess> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stderr.setEncoding('utf8').on('data', onOutput);
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup();
      if (child.pid !== undefined) watchdog.forget(child.pid);
      resolve(code ?? 128 + (signal === null ? 0 : (signalNumbers[signal] ?? 0)));
    });
  });
  await once(child, 'spawn');
  if (child.pid !== undefined) watchdog.watch(child.pid);

  /** What the command started ends with it, as in a container. */
  function killGroup(): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  return {
    ended,
    async stop(graceMs) {
      // To the command alone, as a container's runtime does.
      child.kill('SIGTERM');
      const timer = setTimeout(killGroup, graceMs);
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
    kill: killGroup,
  };
}
