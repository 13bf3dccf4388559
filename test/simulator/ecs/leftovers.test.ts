import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/actors.ts';

vi.setConfig({ testTimeout: 40_000 });

const script = fileURLToPath(new URL('./support/abandoned.ts', import.meta.url));

interface Process {
  pid: number;
  group: number;
  state: string;
}

/** From /proc, since small Linux images have no `ps`; from `ps` elsewhere. */
function processes(): Process[] {
  if (!existsSync('/proc/self/stat')) {
    const lines = execFileSync('ps', ['-eo', 'pid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => {
      const [pid, group, state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), group: Number(group), state };
    });
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // After the name in parentheses: state, parent, process group.
        const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), group: Number(group), state }];
      } catch {
        // Gone since the folder was listed.
        return [];
      }
    });
}

/** Without those that are dead and only wait to be noticed by their parent. */
function living(groups: number[]): Process[] {
  return processes().filter(({ group, state }) => groups.includes(group) && !state.startsWith('Z'));
}

async function startAbandoned() {
  const simulator = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => simulator.once('exit', () => resolve()));
  const pids = await new Promise<number[]>((resolve, reject) => {
    simulator.stdout.setEncoding('utf8').on('data', (text: string) => {
      const serving = /serving ([\d ]+)/.exec(text)?.[1];
      if (serving !== undefined) resolve(serving.split(' ').map(Number));
    });
    void ended.then(() => reject(new Error('It ended before it served')));
  });
  const groups = processes().flatMap(({ pid, group }) => (pids.includes(pid) ? [group] : []));
  return { simulator, ended, groups };
}

describe('no task outlives the simulator', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('that ends by %s', async (signal) => {
    const { simulator, ended, groups } = await startAbandoned();
    // A shell that ignores signals, what it left running, and the server, twice.
    expect(living(groups)).toHaveLength(6);
    simulator.kill(signal);
    await ended;
    await eventually(() => expect(living(groups)).toEqual([]));
  });

  it('that closes', async () => {
    const { simulator, ended, groups } = await startAbandoned();
    expect(living(groups)).toHaveLength(6);
    simulator.stdin.write('close\n');
    await ended;
    await eventually(() => expect(living(groups)).toEqual([]));
  });
});
