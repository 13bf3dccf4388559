import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Owner } from './unprivileged.ts';

/** Ends a server program, and resolves when it has ended. */
type End = (signal: NodeJS.Signals) => Promise<void>;

/** A server program that can be ended and started again at the same port. */
export interface Running {
  /** Resolves when it answers again, `awayMs` after its end or later. */
  restart(awayMs: number): Promise<void>;
  /** For good, also in the middle of a restart. */
  stop(): Promise<void>;
}

export interface ServerProgram {
  /** For who reads that it did not start. */
  title: string;
  command: string;
  args: readonly string[];
  /** Where it runs, and as whom. */
  options: Owner & { cwd?: string };
  /** Gets both of its outputs. */
  logFile: string;
  /** What stands in the log when it answers. */
  ready: RegExp;
  signals: { restart: NodeJS.Signals; stop: NodeJS.Signals };
}

/** Resolves when it answers. @throws Error with its log when it does not come up */
export async function keepRunning(program: ServerProgram): Promise<Running> {
  const { signals } = program;
  let end = await launch(program);
  let isOver = false;
  let coming: Promise<void> = Promise.resolve();
  return {
    async restart(awayMs) {
      await end(signals.restart);
      await wait(awayMs);
      if (isOver) return;
      const starting = launch(program).then((next) => {
        end = next;
      });
      coming = starting.catch(() => undefined);
      await starting;
    },
    async stop() {
      isOver = true;
      await coming;
      await end(signals.stop);
    },
  };
}

async function launch({ command, args, options, logFile, signals, ...expected }: ServerProgram): Promise<End> {
  const log = await open(logFile, 'a');
  const { size } = await log.stat();
  const server = spawn(command, [...args], { stdio: ['ignore', log.fd, log.fd], ...options });
  await log.close();
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const end: End = async (signal) => {
    server.kill(signal);
    await ended;
  };
  const said = async () => (await readFile(logFile)).subarray(size).toString('utf8');
  await answers(server, said, expected).catch(async (error) => {
    await end(signals.stop);
    throw error;
  });
  return end;
}

/** The log tells, from where it stood at the start. */
async function answers(
  server: ChildProcess,
  said: () => Promise<string>,
  { title, ready }: Pick<ServerProgram, 'title' | 'ready'>,
): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (!ready.test(await said())) {
    if (server.exitCode !== null || Date.now() > untilMs) throw new Error(`${title} did not start:\n${await said()}`);
    await wait(25);
  }
}
