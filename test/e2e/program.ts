import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** `npm run …` as an engineer's shell starts it: the leader of a process group, to which Ctrl-C goes. */
export interface Program {
  /** Its temporary folder. */
  readonly folder: string;
  /** What it has written so far, to both streams. */
  output(): string;
  /** Resolves when the output has matched. @throws Error when it has ended without, or after `deadlineMs`. */
  says(pattern: RegExp, deadlineMs?: number): Promise<RegExpMatchArray>;
  /** Every process that descends from it now. */
  processes(): number[];
  interrupt(): void;
  /** Resolves with its exit code; null after a signal. */
  ended: Promise<number | null>;
  /** Files and folders that are left in its temporary folder. */
  leftovers(): Promise<string[]>;
  /** For the end of a test, however it went. */
  dispose(): Promise<void>;
}

/** An argument REPORT becomes a file of that name in the program's folder. */
export async function run(script: string, ...args: string[]): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-e2e-'));
  // PostgreSQL may run as another user, who must get through.
  await chmod(folder, 0o755);
  const child: ChildProcess = spawn(
    'npm',
    ['run', '--silent', script, '--', ...args.map((arg) => (arg === 'REPORT' ? join(folder, arg) : arg))],
    {
      detached: true,
      // npm would keep its compile cache there.
      env: { ...process.env, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  let isOver = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      isOver = true;
      resolve(code);
    });
  });
  const pid = child.pid ?? 0;
  function interrupt(): void {
    if (!isOver) process.kill(-pid, 'SIGINT');
  }
  return {
    folder,
    output: () => output,
    async says(pattern, deadlineMs = 120_000) {
      const untilMs = Date.now() + deadlineMs;
      for (;;) {
        const match = output.match(pattern);
        if (match) return match;
        if (isOver || Date.now() > untilMs) throw new Error(`it did not say ${pattern}, but:\n${output}`);
        await wait(50);
      }
    },
    processes: () => descendantsOf(pid),
    interrupt,
    ended,
    leftovers: () => readdir(folder),
    async dispose() {
      interrupt();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of processTable()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const found: number[] = [];
  for (const queue = [root]; queue.length > 0; ) {
    const pids = children.get(queue.shift() ?? 0) ?? [];
    found.push(...pids);
    queue.push(...pids);
  }
  return found;
}

/** Those of `pids` that still run after `deadlineMs`. */
export async function survivorsOf(pids: readonly number[], deadlineMs = 5_000): Promise<string[]> {
  const untilMs = Date.now() + deadlineMs;
  for (;;) {
    const left = processTable().filter(({ pid, state }) => pids.includes(pid) && !state.startsWith('Z'));
    if (left.length === 0 || Date.now() > untilMs) return left.map(({ pid, command }) => `${pid} ${command}`);
    await wait(100);
  }
}

function processTable(): { pid: number; parent: number; state: string; command: string }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, state = '', ...command] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state, command: command.join(' ') };
  });
}
