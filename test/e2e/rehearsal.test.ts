import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RehearsalReport } from '../../lib/rehearsal/report/report.ts';
import { type Program, run, survivorsOf } from './program.ts';

/** Runs a rehearsal to its end. */
async function rehearse(...args: string[]) {
  const program = await run('rehearse', '--json', 'REPORT', ...args);
  await program.says(/requests a second/);
  const processes = program.processes();
  const code = await program.ended;
  const file = join(program.folder, 'REPORT');
  const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as RehearsalReport;
  return { program, processes, code, report, output: program.output() };
}

type Rehearsed = Awaited<ReturnType<typeof rehearse>>;

function rotationOf({ report, output }: Rehearsed, secret: string) {
  const rotation = report.rotations.find((each) => each.secret === secret);
  if (rotation === undefined) throw new Error(`no rotation of ${secret}:\n${output}`);
  return rotation;
}

describe('npm run rehearse', { timeout: 300_000 }, () => {
  let rehearsed: Rehearsed;
  beforeAll(async () => {
    rehearsed = await rehearse();
    return () => rehearsed.program.dispose();
  }, 300_000);

  it('keeps every promise', () => {
    expect(rehearsed.output).toMatch(/All \d+ promises were kept\./);
    expect(rehearsed.code).toBe(0);
  });

  it('sends at least 1,000 requests, of which none fails', () => {
    expect(rehearsed.report.requests.sent).toBeGreaterThanOrEqual(1_000);
    expect(rehearsed.report.requests.failed).toBe(0);
  });

  it.each(['buywhere/db/app', 'buywhere/aws/uploader'])('retires the old credential of %s', (secret) => {
    expect(rotationOf(rehearsed, secret)).toMatchObject({
      result: 'retired',
      oldRefused: true,
      newAccepted: true,
      failedLogins: 0,
    });
    expect(rotationOf(rehearsed, secret).overlapSeconds).toBeGreaterThan(0);
    expect(rotationOf(rehearsed, secret).stateTransitions).toBeGreaterThan(20);
  });

  it('restarts every service once, the one that uses both secrets too', () => {
    expect(rehearsed.report.restarts).toEqual({ api: 1, uploader: 1, worker: 1 });
  });

  it('finds no secret value where none may be, and no denied call', () => {
    expect(rehearsed.report.leaks).toBe(0);
    expect(rehearsed.report.deniedCalls).toBe(0);
  });

  it('asks no more of the database and of Secrets Manager than promised', () => {
    const { databaseConnections, databaseStatements, secretsManagerCalls } = rotationOf(rehearsed, 'buywhere/db/app');
    expect(databaseConnections).toBeGreaterThan(0);
    expect(databaseConnections).toBeLessThanOrEqual(3);
    expect(databaseStatements).toBeGreaterThan(0);
    expect(databaseStatements).toBeLessThanOrEqual(6);
    expect(secretsManagerCalls.rotation).toBeGreaterThan(0);
    expect(secretsManagerCalls.rotation).toBeLessThanOrEqual(10);
    expect(secretsManagerCalls.rollout).toBeLessThanOrEqual(16);
    // One write and one look for each of the five.
    expect(secretsManagerCalls.views).toBeGreaterThanOrEqual(10);
  });

  it('writes exactly the figures that it promises to', () => {
    expect(Object.keys(rehearsed.report).sort()).toEqual(['deniedCalls', 'leaks', 'requests', 'restarts', 'rotations']);
    expect(Object.keys(rotationOf(rehearsed, 'buywhere/db/app')).sort()).toEqual([
      'databaseConnections',
      'databaseStatements',
      'failedLogins',
      'kind',
      'newAccepted',
      'oldRefused',
      'overlapSeconds',
      'result',
      'secret',
      'secretsManagerCalls',
      'stateTransitions',
    ]);
  });

  it('tells what happens in plain lines, the scale of its waits included', () => {
    expect(rehearsed.output).toContain('waits run 1:14400');
    expect(rehearsed.output).toMatch(/buywhere\/db\/app +refreshing consumers/);
    expect(rehearsed.output).not.toContain('\r');
  });

  it('leaves no process and no folder behind', async () => {
    expect(rehearsed.processes.length).toBeGreaterThan(6);
    expect(await survivorsOf(rehearsed.processes)).toEqual([]);
    expect(await rehearsed.program.leftovers()).toEqual(['REPORT']);
  });
});

describe('npm run rehearse -- --fault unhealthy-consumer', { timeout: 300_000 }, () => {
  let rehearsed: Rehearsed;
  beforeAll(async () => {
    rehearsed = await rehearse('--fault', 'unhealthy-consumer');
    return () => rehearsed.program.dispose();
  }, 300_000);

  it('goes back by itself, and that is a success', () => {
    expect(rehearsed.output).toMatch(/buywhere\/db\/app +going back/);
    expect(rehearsed.output).toMatch(/All \d+ promises were kept\./);
    expect(rehearsed.code).toBe(0);
  });

  it('has the old credential accepted and the new one dead', () => {
    expect(rotationOf(rehearsed, 'buywhere/db/app')).toMatchObject({
      result: 'rolled-back',
      oldRefused: false,
      newAccepted: false,
    });
  });

  it('does not touch the turn of the other secret', () => {
    expect(rotationOf(rehearsed, 'buywhere/aws/uploader')).toMatchObject({
      result: 'retired',
      oldRefused: true,
      newAccepted: true,
    });
  });

  it('fails no request meanwhile', () => {
    expect(rehearsed.report.requests.sent).toBeGreaterThanOrEqual(1_000);
    expect(rehearsed.report.requests.failed).toBe(0);
    expect(rehearsed.report.leaks).toBe(0);
    expect(rehearsed.report.deniedCalls).toBe(0);
  });
});

describe('the options of npm run rehearse', () => {
  let program: Program;
  afterEach(() => program.dispose());

  it('--help says what there is', async () => {
    program = await run('rehearse', '--help');
    expect(await program.ended).toBe(0);
    expect(program.output()).toMatch(/--json FILE[\s\S]*--fault NAME[\s\S]*unhealthy-consumer/);
  });

  it('an unknown fault is refused with the names of those that there are', async () => {
    program = await run('rehearse', '--fault', 'earthquake');
    expect(await program.ended).toBe(2);
    expect(program.output()).toBe('there is no fault "earthquake"; there is: unhealthy-consumer\n');
  });
});
