import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const estates = pathToFileURL(resolve('lib/rehearsal/estates')).href;

/** Runs a program until it has printed a folder, then kills it as nothing can be caught. */
async function killed(code: string): Promise<{ folder: string; before: boolean; postmaster: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  const folder = printed.toString().trim();
  const before = existsSync(folder);
  const pidFile = join(folder, 'data', 'postmaster.pid');
  const postmaster = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { folder, before, postmaster };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a process that is killed', () => {
  it('leaves no folder of its estate', async () => {
    const { folder, before } = await killed(`
      import { makeScratch } from '${estates}/scratch.ts';
      console.log((await makeScratch()).folder);
      setInterval(() => {}, 1000);`);
    expect(before).toBe(true);
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
  });

  it('leaves no PostgreSQL and none of its data', async () => {
    const { folder, before, postmaster } = await killed(`
      import { startPostgres } from '${estates}/postgres-server.ts';
      const server = await startPostgres();
      const [{ data_directory }] = await server.sql('SHOW data_directory');
      console.log(data_directory.replace(/\\/data$/, ''));`);
    expect(before).toBe(true);
    expect(postmaster).toBeGreaterThan(0);
    await expect.poll(() => runs(postmaster) || existsSync(folder), { timeout: 10_000 }).toBe(false);
  });
});
