import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parameterNameOf } from '../../lib/core/entry.ts';
import type { House } from '../support/house.ts';
import { buildCliEstate, type CliEstate, documentedPolicy } from './estate.ts';

let estate: CliEstate;
let house: House;

beforeEach(async () => {
  estate = await buildCliEstate({
    entry: { views: [{ secret: 'house/URL', template: 'memory://{name}:{password}' }] },
  });
  house = estate.house;
  for (const [name, value] of Object.entries(estate.env)) vi.stubEnv(name, value);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  const operations = estate.operatorCalls().map(({ operation }) => operation);
  const printed = estate.printed.join('\n');
  const leaked = [...house.target.accounts.values()].filter(({ password }) => printed.includes(password));
  await estate.close();
  expect({ operations, leaked: leaked.length }).toEqual({
    operations: expect.not.arrayContaining(['GetSecretValue']),
    leaked: 0,
  });
});

const rotate = (...more: string[]) => estate.run(['rotate', 'house/db', '--reason', 'an engineer left', ...more]);
const statusOf = async (...more: string[]) =>
  JSON.parse((await estate.run(['status', '--json', ...more])).out.join('\n'));

describe('keyturn status', () => {
  it('shows a secret that nothing happens to, with its age and no result yet', async () => {
    const { code, out, err } = await estate.run(['status'], { daysLater: 12.5 });
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toEqual([
      expect.stringMatching(/^SECRET +KIND +AGE +PHASE +LAST RESULT$/),
      expect.stringMatching(/^house\/db +memory +12 d of 35 d +idle +none yet$/),
    ]);
  });

  it('prints with --json an array of objects with ISO instants', async () => {
    expect(await statusOf()).toEqual([
      {
        secret: 'house/db',
        kind: 'memory',
        policy: 'monthly',
        currentSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        ageSeconds: expect.any(Number),
        maximumAgeDays: 35,
        overAge: false,
        phase: 'idle',
        goingBack: false,
        versionId: null,
        lastResult: null,
        waitingSince: null,
        suppliedAt: null,
        attention: [],
      },
    ]);
  });

  it('shows what the last rotation came to, who asked for it and why', async () => {
    const { code } = await rotate('--watch');
    expect(code).toBe(0);
    const [row] = await statusOf('house/db');
    expect(row).toMatchObject({
      phase: 'idle',
      lastResult: {
        result: 'retired',
        attempt: 1,
        failure: null,
        reason: 'an engineer left',
        requestedBy: 'arn:aws:iam::123456789012:user/operator',
      },
    });
    expect((await estate.run(['status'])).out[1]).toMatch(/idle +retired \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  });

  it('marks a secret that is over age, and exits with 1 only when asked to check', async () => {
    const { code, out } = await estate.run(['status'], { daysLater: 36 });
    expect(code).toBe(0);
    expect(out[1]).toMatch(/36 d of 35 d !/);
    expect(out.at(-1)).toBe('! house/db: older than the 35 days that its policy monthly permits');
    expect((await estate.run(['status', '--check'], { daysLater: 36 })).code).toBe(1);
    expect((await estate.run(['status', '--check'], { daysLater: 34 })).code).toBe(0);
  });

  it('takes an ARN, and only the secrets that were named', async () => {
    expect((await estate.run(['status', house.secretArn])).out).toHaveLength(2);
  });

  it('shows an entry whose secret is missing, and finds it with --check', async () => {
    estate.ssm.put(parameterNameOf('house/gone'), JSON.stringify({ ...house.entry, secret: 'house/gone' }));
    const { code, out } = await estate.run(['status', '--check']);
    expect(code).toBe(1);
    expect(out.find((line) => line.startsWith('house/gone'))).toMatch(/\? of 35 d +missing/);
  });

  it('says that an inventory is empty', async () => {
    estate.ssm.delete(parameterNameOf('house/db'));
    expect(await estate.run(['status'])).toEqual({ code: 0, out: ['The inventory is empty.'], err: [] });
    expect(await statusOf()).toEqual([]);
  });

  it('says which name was probably meant', async () => {
    expect(await estate.run(['status', 'house/bd'])).toEqual({
      code: 1,
      out: [],
      err: ['keyturn: there is no secret house/bd; did you mean house/db?'],
    });
  });

  it('says where it is not deployed', async () => {
    estate.ssm.delete('/keyturn/settings');
    const { code, err } = await estate.run(['status']);
    expect(code).toBe(2);
    expect(err).toEqual([expect.stringContaining('Keyturn is not deployed in this account and Region')]);
  });
});

describe('keyturn rotate', () => {
  it('starts a rotation and returns, with the reason on record before it began', async () => {
    const { code, out } = await rotate();
    expect(code).toBe(0);
    const [, versionId = ''] = /^house\/db: rotation started, version (\S+)$/.exec(out[0] ?? '') ?? [];
    expect(out[1]).toBe('Follow it with: keyturn status house/db');
    expect(JSON.parse(await estate.recorded(`rollouts/house/db/${versionId}/request.json`))).toEqual({
      schema: 1,
      secret: 'house/db',
      versionId,
      reason: 'an engineer left',
      requestedBy: 'arn:aws:iam::123456789012:user/operator',
      requestedAt: expect.stringMatching(/Z$/),
    });
    const operations = estate.operatorCalls().map(({ operation }) => operation);
    expect(operations.indexOf('PutObject')).toBeLessThan(operations.indexOf('RotateSecret'));
    expect((await house.rolloutOf(versionId)).status).toBe('SUCCEEDED');
  });

  it('prints with --watch a line per phase, and exits with 0 when the old credential is refused', async () => {
    const { code, out, err } = await rotate('--watch');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out.slice(1).map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ''))).toEqual([
      'rotating',
      'awaiting promotion',
      'planning',
      'writing views',
      'refreshing consumers',
      'soaking',
      'at the gates',
      'disabling',
      'in grace',
      'destroying',
      'closing',
      'retired: the old credential is refused',
    ]);
  });

  it('prints with --watch --json one object per line', async () => {
    const { code, out } = await rotate('--watch', '--json');
    const events = out.map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events[0]).toMatchObject({ event: 'started', secret: 'house/db', reason: 'an engineer left' });
    expect(events[1]).toMatchObject({ event: 'phase', phase: 'rotating', goingBack: false });
    expect(events.at(-1)).toMatchObject({ event: 'ended', result: 'retired', reason: null });
    const { versionId } = events[0];
    for (const event of events) expect(event).toMatchObject({ versionId, at: expect.stringMatching(/Z$/) });
  });

  it('shows the way back, and exits with 1 and the reason', async () => {
    house.consumers.forEach((consumer) => {
      const isNew = () => consumer.refreshes === 1;
      consumer.healthOf = () => (isNew() ? { state: 'unhealthy', reason: 'answers 500' } : { state: 'healthy' });
    });
    const { code, out } = await rotate('--watch');
    expect(code).toBe(1);
    expect(out.join('\n')).toContain('going back: refreshing consumers');
    expect(out.at(-1)).toMatch(/rolled-back: CheckUnhealthy: .*answers 500/);
    expect((await statusOf())[0]).toMatchObject({ phase: 'idle', lastResult: { result: 'rolled-back' } });
  });

  it('shows a hold with its reason; status shows it too, and the next rotation is refused', async () => {
    house.target.inUse.add('app');
    const { code, out } = await rotate('--watch');
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/held: GateClosed: /);

    const status = await estate.run(['status', '--check']);
    expect(status.code).toBe(1);
    expect(status.out[1]).toMatch(/ held +held \d{4}/);
    expect(status.out.at(-1)).toMatch(/^! house\/db: held: GateClosed: /);

    const before = estate.operatorCalls().length;
    const again = await rotate();
    expect(again.code).toBe(1);
    expect(again.err).toEqual([
      expect.stringMatching(
        /^keyturn: house\/db: its last rollout is still open \(version \S+ is retiring\); see keyturn status/,
      ),
    ]);
    const asked = estate.operatorCalls().slice(before);
    expect(asked.map(({ operation }) => operation)).not.toContain('RotateSecret');
    expect(asked.map(({ operation }) => operation)).not.toContain('PutObject');
  });

  it('says why a rotation failed that never came to a rollout', async () => {
    estate.deploy({ timings: { ...house.entry.timings, promotionSeconds: 0 } });
    house.beforeInvoke = (name) => {
      if (name === 'rotate') throw new Error('killed');
    };
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { code, out } = await rotate('--watch');
    expect(code).toBe(1);
    expect(out.at(-1)).toMatch(/failed: it did not promote in time; see the rotation function’s log$/);
    expect((await rotate()).err).toEqual([expect.stringMatching(/a rotation is in progress \(version \S+\)/)]);
  });

  it('stops watching on Ctrl-C, says so, and leaves the rotation going', async () => {
    estate.deploy({ timings: { ...house.entry.timings, soakSeconds: 1 } });
    const { code, out, err } = await estate.run(['rotate', 'house/db', '--reason', 'drill', '--watch'], {
      interruptAt: 'soaking',
    });
    expect(code).toBe(130);
    expect(err).toEqual(['Stopped watching; the rotation goes on. See keyturn status house/db']);
    const versionId = out[0]?.split(' ').at(-1) ?? '';

    expect((await estate.run(['status'])).out[1]).toMatch(/ soaking +none yet$/);
    expect((await rotate()).err).toEqual([expect.stringContaining('its last rollout is still open')]);
    expect((await house.rolloutOf(versionId)).status).toBe('SUCCEEDED');
  });

  it.each([
    ['house/bd', 1, 'there is no secret house/bd; did you mean house/db?'],
    ['other', 1, 'there is no secret other; keyturn status lists those of the inventory'],
    ['house/URL', 1, 'house/URL is a view of house/db, and is rotated with it'],
  ])('refuses %s with one line', async (name, code, line) => {
    const ran = await estate.run(['rotate', name, '--reason', 'drill']);
    expect(ran).toEqual({ code, out: [], err: [`keyturn: ${line}`] });
  });

  it('refuses a secret that nobody put into the inventory', async () => {
    estate.ssm.delete(parameterNameOf('house/db'));
    const { code, err } = await rotate();
    expect({ code, err }).toEqual({
      code: 1,
      err: ['keyturn: house/db is not in the inventory; add it to bin/inventory.ts and deploy the app'],
    });
  });

  it.each([
    ['', '--reason is empty'],
    [' \u001b ', '--reason is empty'],
    ['x'.repeat(1001), '--reason is longer than 1000 characters'],
  ])('refuses the reason %j', async (reason, said) => {
    const { code, err } = await estate.run(['rotate', 'house/db', '--reason', reason]);
    expect(code).toBe(2);
    expect(err).toEqual([expect.stringContaining(said)]);
  });
});

describe('permissions', () => {
  it('are no more than docs/cli.md says', async () => {
    await rotate('--watch');
    await estate.run(['status']);
    expect(estate.operatorCalls().filter(({ denied }) => denied)).toEqual([]);
  });

  it.each([
    ['ssm:GetParametersByPath', 'status'],
    ['ssm:GetParameter', 'status'],
    ['secretsmanager:DescribeSecret', 'status'],
    ['secretsmanager:ListSecretVersionIds', 'status'],
    ['states:ListExecutions', 'status'],
    ['s3:ListBucket', 'status'],
    ['s3:PutObject', 'rotate'],
    ['secretsmanager:RotateSecret', 'rotate'],
    ['lambda:InvokeFunction', 'rotate'],
  ])('that miss %s stop keyturn %s with one line that names it', async (action, command) => {
    const policy = await documentedPolicy();
    const deny = { Effect: 'Deny', Action: action, Resource: '*' } as const;
    const env = await estate.envOf('somebody', { ...policy, Statement: [...[policy.Statement].flat(), deny] });
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { code, out, err } = command === 'status' ? await estate.run(['status']) : await rotate();
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err).toEqual([expect.stringMatching(new RegExp(`^keyturn: .*${action}`))]);
    expect(house.world.calls.filter(({ operation, errorCode }) => operation === 'RotateSecret' && !errorCode)).toEqual(
      [],
    );
  });

  it('of a key that AWS does not know are told apart from missing ones', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAXXXXXXXXXXXXXXXX');
    expect(await estate.run(['status'])).toEqual({
      code: 2,
      out: [],
      err: ['keyturn: AWS does not know these credentials; look at --profile and --region'],
    });
  });
});
