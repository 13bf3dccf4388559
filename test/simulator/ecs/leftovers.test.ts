import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/actors.ts';
import { livingInGroups, processes } from './support/processes.ts';

vi.setConfig({ testTimeout: 40_000 });

const script = fileURLToPath(new URL('./support/abandoned.ts', import.meta.url));

const started: number[] = [];
afterEach(() => {
  for (const { group } of livingInGroups(started.splice(0))) process.kill(-group, 'SIGKILL');
});

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
  started.push(...groups);
  return { simulator, ended, groups };
}

describe('no task outlives the simulator', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('that ends by %s', async (signal) => {
    const { simulator, ended, groups } = await startAbandoned();
    // A shell that ignores signals, what it left running, and the server, twice.
    expect(livingInGroups(groups)).toHaveLength(6);
    simulator.kill(signal);
    await ended;
    await eventually(() => expect(livingInGroups(groups)).toEqual([]));
  });

  it('that closes', async () => {
    const { simulator, ended, groups } = await startAbandoned();
    expect(livingInGroups(groups)).toHaveLength(6);
    simulator.stdin.write('close\n');
    await ended;
    await eventually(() => expect(livingInGroups(groups)).toEqual([]));
  });
});
