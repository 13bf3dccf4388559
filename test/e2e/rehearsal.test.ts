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

/** Sources of the ten secrets that BuyWhere's services read, in one environment. */
const sources = ['api-key', 'db/app', 'jwt', 'r2/uploads', 'redis/app', 'typesense/search'];
const buywhere = [...sources.map((name) => `buywhere/${name}`), ...sources.map((name) => `buywhere/staging/${name}`)];

describe('npm run rehearse', { timeout: 420_000 }, () => {
  let rehearsed: Rehearsed;
  beforeAll(async () => {
    rehearsed = await rehearse();
    return () => rehearsed.program.dispose();
  }, 420_000);

  it('keeps every promise', () => {
    expect(rehearsed.output).toMatch(/All \d+ promises were kept\./);
    expect(rehearsed.code).toBe(0);
  });

  it('sends at least 1,000 requests, of which none fails', () => {
    expect(rehearsed.report.requests.sent).toBeGreaterThanOrEqual(1_000);
    expect(rehearsed.report.requests.failed).toBe(0);
  });

  it('turns the whole estate, staging and production', () => {
    expect(rehearsed.report.rotations.map(({ secret }) => secret).sort()).toEqual([...buywhere].sort());
  });

  it.each(buywhere)('retires the old credential of %s', (secret) => {
    const rotation = rotationOf(rehearsed, secret);
    expect(rotation).toMatchObject({ result: 'retired', oldRefused: true, newAccepted: true });
    expect(rotation.targetWork?.failedLogins ?? 0).toBe(0);
    expect(rotation.overlapSeconds).toBeGreaterThan(0);
    expect(rotation.stateTransitions).toBeGreaterThan(20);
  });

  it('restarts every service once, however many of the secrets it uses', () => {
    expect(rehearsed.report.restarts).toEqual({
      api: 1,
      worker: 1,
      reports: 1,
      'api-staging': 1,
      'worker-staging': 1,
      'reports-staging': 1,
    });
  });

  it('finds no secret value where none may be, and no denied call', () => {
    expect(rehearsed.report.leaks).toBe(0);
    expect(rehearsed.report.deniedCalls).toBe(0);
  });

  it('asks no more of the database and of Secrets Manager than promised', () => {
    const { targetWork, secretsManagerCalls, views } = rotationOf(rehearsed, 'buywhere/db/app');
    expect(targetWork?.connections).toBeGreaterThan(0);
    expect(targetWork?.connections).toBeLessThanOrEqual(3);
    expect(targetWork?.requests).toBeGreaterThan(0);
    expect(targetWork?.requests).toBeLessThanOrEqual(6);
    expect(secretsManagerCalls.rotation).toBeGreaterThan(0);
    expect(secretsManagerCalls.rotation).toBeLessThanOrEqual(10);
    // One write and one look for each.
    expect(secretsManagerCalls.views).toBeGreaterThanOrEqual(2 * views.length);
  });

  it('writes exactly the figures that it promises to', () => {
    expect(Object.keys(rehearsed.report).sort()).toEqual(['deniedCalls', 'leaks', 'requests', 'restarts', 'rotations']);
    expect(Object.keys(rotationOf(rehearsed, 'buywhere/db/app')).sort()).toEqual([
      'kind',
      'newAccepted',
      'oldRefused',
      'overlapSeconds',
      'result',
      'secret',
      'secretsManagerCalls',
      'stateTransitions',
      'targetWork',
      'views',
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

describe('npm run rehearse -- --estate maily, with a service that does not come up and functions that are killed', {
  timeout: 420_000,
}, () => {
  let rehearsed: Rehearsed;
  beforeAll(async () => {
    const faults = ['unhealthy-consumer', 'function-killed'].flatMap((name) => ['--fault', name]);
    rehearsed = await rehearse('--estate', 'maily', ...faults);
    return () => rehearsed.program.dispose();
  }, 420_000);

  it('goes back by itself, and that is a success', () => {
    expect(rehearsed.output).toMatch(/maily\/redis +going back/);
    expect(rehearsed.output).toMatch(/All \d+ promises were kept\./);
    expect(rehearsed.code).toBe(0);
  });

  it('has the old credential accepted and the new one dead', () => {
    expect(rotationOf(rehearsed, 'maily/redis')).toMatchObject({
      result: 'rolled-back',
      oldRefused: false,
      newAccepted: false,
    });
  });

  it.each(['maily/database', 'maily/sendgrid', 'maily/jwt', 'maily/aws', 'maily/openai', 'maily/anthropic'])(
    'does not touch the turn of %s',
    (secret) => {
      expect(rotationOf(rehearsed, secret)).toMatchObject({ result: 'retired', oldRefused: true, newAccepted: true });
    },
  );

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
    expect(program.output()).toMatch(
      /--estate NAME[\s\S]*buywhere[\s\S]*maily[\s\S]*--json FILE[\s\S]*--fault NAME[\s\S]*unhealthy-consumer[\s\S]*function-killed[\s\S]*database-away/,
    );
  });

  it('an unknown fault is refused with the names of those that there are', async () => {
    program = await run('rehearse', '--fault', 'earthquake');
    expect(await program.ended).toBe(2);
    expect(program.output()).toBe(
      'there is no fault "earthquake"; there is: unhealthy-consumer, function-killed, database-away\nSee --help.\n',
    );
  });

  it('an unknown estate too', async () => {
    program = await run('rehearse', '--estate', 'atlantis');
    expect(await program.ended).toBe(2);
    expect(program.output()).toBe('there is no estate "atlantis"; there is: buywhere, maily, kinds\nSee --help.\n');
  });
});
