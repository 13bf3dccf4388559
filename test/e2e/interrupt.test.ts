import { afterEach, describe, expect, it } from 'vitest';
import { type Program, run, survivorsOf } from './program.ts';

describe('Ctrl-C', { timeout: 180_000 }, () => {
  let program: Program | undefined;
  afterEach(() => program?.dispose());

  it.each([
    ['while PostgreSQL starts', /starting .*PostgreSQL/],
    ['while the app is synthesized', /synthesizing/],
    ['while it is deployed', /deploying/],
    ['while a secret rotates under load', /rotating/],
  ])('leaves no process and no folder of a rehearsal %s', async (_, moment) => {
    program = await run('rehearse');
    await program.says(moment);
    const processes = program.processes();
    program.interrupt();
    const code = await program.ended;
    expect(program.output()).toContain('interrupted; everything is stopped');
    expect(code).not.toBe(0);
    expect(processes.length).toBeGreaterThan(0);
    expect(await survivorsOf(processes)).toEqual([]);
    expect(await program.leftovers()).toEqual([]);
  });
});
