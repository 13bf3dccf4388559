import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { secretsManagerClient } from '../../lib/aws/clients.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
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
  const calls = estate.operatorCalls();
  await estate.close();
  expect(calls.filter(({ operation, denied }) => denied || operation === 'GetSecretValue')).toEqual([]);
});

const resume = (...more: string[]) => estate.run(['resume', 'house/db', ...more]);
const rollback = (...more: string[]) => estate.run(['rollback', 'house/db', '--reason', 'errors in the log', ...more]);
const current = () => house.store.read(house.secretArn, { label: 'AWSCURRENT' });
const move = (label: string, where: { from?: string; to?: string }) =>
  house.store.moveLabel(house.secretArn, label, where);
const attemptsOf = (versionId: string) =>
  house.states
    .executionsOf()
    .map(({ input }) => JSON.parse(input) as { versionId: string; attempt: number })
    .filter((input) => input.versionId === versionId)
    .map(({ attempt }) => attempt);

/** What changes something, in the operator's own calls. */
const changes = () =>
  estate
    .operatorCalls()
    .map(({ operation }) => operation)
    .filter((operation) => !/^(?:Get|List|Describe)/.test(operation));

/** A rotation whose rollout is held at the gates, with both credentials working. */
async function held(): Promise<{ versionId: string; before: string }> {
  const before = (await house.labelsOf())['AWSCURRENT'] ?? '';
  house.target.inUse.add('app');
  const { status, error, versionId } = await house.turn();
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'GateClosed' });
  house.target.inUse.clear();
  return { versionId, before };
}

/** A rollout that stands in a phase for as long as the test looks. */
async function standing(timings: Partial<House['entry']['timings']>, state: string): Promise<string> {
  estate.deploy({ timings: { ...house.entry.timings, ...timings } });
  const versionId = await house.start();
  await vi.waitFor(
    () => {
      const events = house.states.executionsOf().at(-1)?.history.events ?? [];
      expect(events.map((event) => event['stateEnteredEventDetails'])).toContainEqual(
        expect.objectContaining({ name: state }),
      );
    },
    { timeout: 5000, interval: 5 },
  );
  return versionId;
}

async function killRotateAt(step: 'before the label' | 'before the promotion'): Promise<string> {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  house.beforeInvoke = (name, { Step }) => {
    if (name === 'rotate' && Step === 'finishSecret') throw new Error('killed');
    if (name === 'rollout') throw new Error('killed');
  };
  const versionId = await house.start();
  await vi.waitFor(() => expect(house.isRotating()).toBe(false), { timeout: 5000, interval: 5 });
  house.beforeInvoke = () => undefined;
  if (step === 'before the promotion')
    await move('KEYTURN_RETIRING', { to: (await house.labelsOf())['AWSCURRENT'] ?? '' });
  return versionId;
}

describe('keyturn resume', () => {
  it('rolls a held rollout forward to its end', async () => {
    const old = await current();
    const { versionId, before } = await held();
    const { code, out, err } = await resume('--watch');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out[0]).toBe(`house/db: roll forward to version ${versionId} and retire ${before}: attempt 2 started`);
    expect(out.join('\n')).not.toContain('rotating');
    expect(out.at(-1)).toMatch(/retired: the old credential is refused$/);
    expect(house.target.accepts(old)).toBe(false);
    expect(await house.labelsOf()).toMatchObject({ AWSCURRENT: versionId });
    expect((await resume()).out).toEqual(['house/db: nothing to do: no rollout is open']);
  });

  it('changes nothing with --dry-run, and says what it would do', async () => {
    const { versionId, before } = await held();
    const labels = await house.labelsOf();
    expect(await resume('--dry-run')).toEqual({
      code: 0,
      out: [
        `house/db: would roll forward to version ${versionId} and retire ${before} (the rollout of version ${versionId} was held)`,
      ],
      err: [],
    });
    const { out } = await resume('--dry-run', '--json');
    expect(out.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        event: 'would',
        secret: 'house/db',
        action: 'roll-forward',
        versionId,
        retire: before,
      }),
    ]);
    expect(changes()).toEqual([]);
    expect(await house.labelsOf()).toEqual(labels);
  });

  it('finishes going back', async () => {
    const old = await current();
    const api = house.consumers.get('api');
    if (api) api.healthOf = () => ({ state: 'unhealthy', reason: 'answers 500' });
    const { versionId } = await house.turn();
    expect(await house.labelsOf()).toMatchObject({ KEYTURN_RETIRING: versionId });
    if (api) api.healthOf = () => ({ state: 'healthy' });

    expect((await resume('--dry-run')).out[0]).toContain(`would finish going back from version ${versionId}`);
    const refused = await rollback();
    expect(refused.err).toEqual([expect.stringContaining('it went back already')]);
    const { code, out } = await resume('--watch');
    expect(code).toBe(0);
    expect(out.at(-1)).toMatch(/rolled-back: /);
    expect(house.target.accepts(old)).toBe(true);
    expect((await house.labelsOf())['KEYTURN_RETIRING']).toBeUndefined();
    expect((await resume()).out).toEqual(['house/db: nothing to do: no rollout is open']);
  });

  it('rolls out a promotion that somebody made by hand, and does not before it is asked', async () => {
    const before = (await house.labelsOf())['AWSCURRENT'] ?? '';
    house.target.accounts.set('byhand', { password: 'other', enabled: true, used: true });
    const versionId = randomUUID();
    await house.world.perform(house.world.identities.rootPrincipal, 'secretsmanager', 'PutSecretValue', {
      SecretId: house.secretArn,
      ClientRequestToken: versionId,
      SecretString: JSON.stringify({ name: 'byhand', password: 'other', host: 'memory.internal' }),
    });
    expect((await resume('--dry-run')).out[0]).toContain(`roll out version ${versionId}`);
    expect(changes()).toEqual([]);

    const { code, out } = await resume('--watch');
    expect({ code, last: out.at(-1) }).toEqual({ code: 0, last: expect.stringMatching(/retired: /) });
    expect(changes()).toEqual(['UpdateSecretVersionStage', 'StartExecution']);
    expect(house.target.accounts.get('app')?.enabled ?? false).toBe(false);
    expect(await house.labelsOf()).toMatchObject({ AWSCURRENT: versionId, AWSPREVIOUS: before });
    expect((await resume()).out).toEqual(['house/db: nothing to do: no rollout is open']);
  });

  it('takes up its own roll-out where it died after the label', async () => {
    const before = (await house.labelsOf())['AWSCURRENT'] ?? '';
    const versionId = randomUUID();
    await house.world.perform(house.world.identities.rootPrincipal, 'secretsmanager', 'PutSecretValue', {
      SecretId: house.secretArn,
      ClientRequestToken: versionId,
      SecretString: JSON.stringify({ name: 'byhand', password: 'other', host: 'memory.internal' }),
    });
    await move('KEYTURN_RETIRING', { to: before });
    expect((await resume('--dry-run')).out[0]).toContain(
      `would roll forward to version ${versionId} and retire ${before}`,
    );
  });

  it.each(['before the label', 'before the promotion'] as const)(
    'ends a rotation that died in finishSecret %s, so that the next one may come',
    async (step) => {
      const old = await current();
      estate.deploy({ timings: { ...house.entry.timings, promotionSeconds: 0 } });
      const versionId = await killRotateAt(step);
      const { code, out } = await resume('--watch');
      expect({ code, last: out.at(-1) }).toEqual({ code: 0, last: expect.stringMatching(/abandoned: /) });
      const labels = await house.labelsOf();
      expect(Object.keys(labels)).not.toContain('KEYTURN_RETIRING');
      expect(labels['AWSPENDING'] ?? '').not.toBe(versionId);
      expect(house.target.accepts(old)).toBe(true);
      expect((await house.turn()).status).toBe('SUCCEEDED');
    },
  );

  it('leaves alone what is at work, and what is done', async () => {
    expect(await resume()).toEqual({ code: 0, out: ['house/db: nothing to do: no rollout is open'], err: [] });
    const versionId = await standing({ soakSeconds: 60 }, 'Soak');
    expect((await resume()).out).toEqual([`house/db: nothing to do: the rollout of version ${versionId} is at work`]);
    expect(JSON.parse((await resume('--json')).out[0] ?? '')).toMatchObject({ event: 'nothing', action: 'nothing' });
    expect(changes()).toEqual([]);
  });

  it('brings to its end what somebody moved back by hand', async () => {
    const { versionId, before } = await held();
    await move('AWSCURRENT', { from: versionId, to: before });
    expect((await rollback()).err).toEqual([
      expect.stringContaining('AWSCURRENT is still, or again, on the version before'),
    ]);
    estate.deploy({ timings: { ...house.entry.timings, promotionSeconds: 0 } });
    const { code, out } = await resume('--watch');
    expect({ code, first: out[0] }).toEqual({
      code: 0,
      first: `house/db: finish going back from version ${versionId}: attempt 2 started`,
    });
    expect(house.consumers.get('api')?.runsOn).toBe(before);
    expect((await house.labelsOf())['KEYTURN_RETIRING']).toBeUndefined();
  });

  it('leaves to a human what somebody put while a version was retiring, in one line', async () => {
    const { versionId } = await held();
    const put = { SecretId: house.secretArn, ClientRequestToken: randomUUID(), SecretString: '{}' };
    await house.world.perform(house.world.identities.rootPrincipal, 'secretsmanager', 'PutSecretValue', put);
    const { code, out, err } = await resume();
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toEqual([
      expect.stringMatching(/^keyturn: house\/db: AWSCURRENT came to \S+ by another hand while \S+ was retiring/),
    ]);
    const json = await resume('--json');
    expect({ code: json.code, said: JSON.parse(json.out[0] ?? '') }).toEqual({
      code: 1,
      said: expect.objectContaining({ event: 'decide', action: 'decide' }),
    });
    expect(changes()).toEqual([]);

    await move('AWSCURRENT', { from: put.ClientRequestToken, to: versionId });
    expect((await resume('--watch')).code).toBe(0);
  });

  it('refuses to guess when AWSCURRENT was moved to a version that had been retired', async () => {
    const before = (await house.labelsOf())['AWSCURRENT'] ?? '';
    const { versionId } = await house.turn();
    await move('AWSCURRENT', { from: versionId, to: before });
    const { code, err } = await resume();
    expect({ code, err }).toEqual({ code: 1, err: [expect.stringContaining('moved by hand to the older version')] });
    expect(changes()).toEqual([]);
  });

  it('says with exit code 1 that the rollout was held again, and why', async () => {
    await held();
    house.target.inUse.add('app');
    const { code, out } = await resume('--watch');
    expect({ code, last: out.at(-1) }).toEqual({ code: 1, last: expect.stringMatching(/held: GateClosed: /) });
  });
});

describe('keyturn rollback', () => {
  it('takes a rollout back during its soak, with the reason on record before it is stopped', async () => {
    const old = await current();
    const versionId = await standing({ soakSeconds: 60 }, 'Soak');
    const fresh = await current();
    const { code, out, err } = await rollback('--watch');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out[0]).toBe(`house/db: going back from version ${versionId}: attempt 2 started`);
    expect(out.at(-1)).toMatch(/rolled-back: RollbackRequested: an operator asked to go back/);
    expect(changes()).toEqual(['PutObject', 'StopExecution', 'StartExecution']);
    expect(JSON.parse(await estate.recorded(`rollouts/house/db/${versionId}/rollback-2.json`))).toMatchObject({
      versionId,
      reason: 'errors in the log',
      requestedBy: 'arn:aws:iam::123456789012:user/operator',
    });
    expect([house.target.accepts(old), house.target.accepts(fresh)]).toEqual([true, false]);
    const labels = await house.labelsOf();
    expect(labels['KEYTURN_RETIRING']).toBeUndefined();
    expect(house.consumers.get('api')?.runsOn).toBe(labels['AWSCURRENT']);

    const [row] = JSON.parse((await estate.run(['status', '--json'])).out.join('\n'));
    expect(row).toMatchObject({
      phase: 'idle',
      lastResult: { result: 'rolled-back', attempt: 2, reason: 'errors in the log' },
    });
    estate.deploy({ timings: { ...house.entry.timings, soakSeconds: 0 } });
    expect((await house.turn()).status).toBe('SUCCEEDED');
  });

  it('takes a held rollout back, and stops nothing', async () => {
    const old = await current();
    const { versionId } = await held();
    const { code, out } = await rollback('--json', '--watch');
    const events = out.map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events[0]).toMatchObject({ event: 'started', versionId, attempt: 2, settleSeconds: 0 });
    expect(events.at(-1)).toMatchObject({ event: 'ended', result: 'rolled-back' });
    expect(changes()).toEqual(['PutObject', 'StartExecution']);
    expect(house.target.accepts(old)).toBe(true);
  });

  it('enables the old credential again when it was disabled already', async () => {
    const old = await current();
    await standing({ graceSeconds: 60 }, 'Grace');
    expect(house.target.accepts(old)).toBe(false);
    estate.deploy({ timings: { ...house.entry.timings, graceSeconds: 0 } });
    expect((await rollback('--watch')).code).toBe(0);
    expect(house.target.accepts(old)).toBe(true);
    expect((await current()).reveal()).toBe(old.reveal());
  });

  it('waits until a disabling that it stopped in the middle is over', async () => {
    const release = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const disable = house.kind.disable.bind(house.kind);
    // Past its look at the labels: nothing but its own end stops it.
    vi.spyOn(house.kind, 'disable').mockImplementationOnce(async (...what) => {
      await release.promise;
      await disable(...what);
      done.resolve();
    });
    const versionId = await standing({ rotationSeconds: 2 }, 'Disable');
    await vi.waitFor(() => expect(house.kind.disable).toHaveBeenCalled());
    const old = await house.store.read(house.secretArn, { label: 'KEYTURN_RETIRING' });
    const { out } = await rollback('--json');
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ versionId, settleSeconds: 2 });
    setTimeout(release.resolve, 1000);
    expect(await house.rolloutOf(versionId, 2)).toEqual({ status: 'FAILED', error: 'RollbackRequested' });
    await done.promise;
    expect((await current()).reveal()).toBe(old.reveal());
    expect(house.target.accepts(old)).toBe(true);
  });

  it('refuses once the old credential may be destroyed, and stops nothing', async () => {
    const release = Promise.withResolvers<void>();
    house.beforeInvoke = (_, { op }) => (op === 'destroy' ? release.promise : undefined);
    const versionId = await standing({}, 'Destroy');
    const { code, out, err } = await rollback();
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toEqual([expect.stringMatching(/^keyturn: house\/db: the old credential may be destroyed/)]);
    expect(changes()).toEqual([]);
    release.resolve();
    expect((await house.rolloutOf(versionId)).status).toBe('SUCCEEDED');
  });

  it('refuses the same when it was held after the destruction', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    house.beforeInvoke = (_, { op }) => {
      if (op === 'close') throw new Error('killed');
    };
    const { status, versionId } = await house.turn();
    expect(status).toBe('FAILED');
    house.beforeInvoke = () => undefined;
    expect((await rollback()).err).toEqual([expect.stringContaining('may be destroyed')]);
    expect((await resume('--watch')).code).toBe(0);
    expect(attemptsOf(versionId)).toEqual([1, 2]);
  });

  it('rolls forward again when the destruction began between its look and its stop', async () => {
    const versionId = await standing({ graceSeconds: 60 }, 'Grace');
    const execution = house.states.executionsOf().at(-1);
    if (execution === undefined) throw new Error('there is no rollout');
    estate.deploy({ timings: { ...house.entry.timings, graceSeconds: 0 } });
    vi.spyOn(execution, 'stop').mockImplementationOnce((failure) => {
      execution.history.add('TaskStateEntered', { stateEnteredEventDetails: { name: 'Destroy' } });
      execution.stop(failure);
    });
    const { code, err } = await rollback();
    expect({ code, err }).toEqual({ code: 1, err: [expect.stringContaining('may be destroyed')] });
    expect((await house.rolloutOf(versionId, 2)).status).toBe('SUCCEEDED');
  });

  it('refuses when nothing is open, nothing has moved yet, or it is going back already', async () => {
    expect(await rollback()).toEqual({ code: 1, out: [], err: ['keyturn: house/db: no rollout is open'] });
    const current = (await house.labelsOf())['AWSCURRENT'] ?? '';
    await move('KEYTURN_RETIRING', { to: current });
    expect((await rollback()).err).toEqual([expect.stringContaining('AWSCURRENT is still')]);
    await move('KEYTURN_RETIRING', { from: current });

    const release = Promise.withResolvers<void>();
    house.beforeInvoke = (_, { op }) => (op === 'verify-predecessor' ? release.promise : undefined);
    await standing({ soakSeconds: 60 }, 'Soak');
    expect((await rollback()).code).toBe(0);
    const stopped = changes().length;
    expect((await rollback()).err).toEqual(['keyturn: house/db: it is going back already']);
    expect(changes()).toHaveLength(stopped);
    release.resolve();
  });

  it('holds, and says why, when the credential before does not work either', async () => {
    const { versionId } = await held();
    house.beforeInvoke = (_, { op }) => {
      if (op === 'verify-predecessor') throw new KeyturnError('CannotGoBack', 'it is refused');
    };
    const { code, out } = await rollback('--watch');
    expect({ code, last: out.at(-1) }).toEqual({ code: 1, last: expect.stringMatching(/held: CannotGoBack: /) });
    expect(await house.labelsOf()).toMatchObject({ AWSCURRENT: versionId });
    expect((await resume('--watch')).code).toBe(0);
  });

  it.each([
    [['rollback', 'house/db', '--reason', ' '], 2, 'keyturn: --reason is empty; say why, for the record'],
    [['rollback', 'house/db'], 2, "keyturn: required option '--reason <text>' not specified"],
    [['rollback', 'house/bd', '--reason', 'x'], 1, 'keyturn: there is no secret house/bd; did you mean house/db?'],
    [['resume', 'house/URL'], 1, 'keyturn: house/URL is a view of house/db, and is rotated with it'],
  ])('refuses %j with one line', async (argv, code, line) => {
    expect(await estate.run(argv)).toEqual({ code, out: [], err: [line] });
  });
});

describe('permissions', () => {
  it.each([
    ['states:StartExecution', 'resume'],
    ['states:StartExecution', 'rollback'],
    ['s3:PutObject', 'rollback'],
  ])('that miss %s stop keyturn %s with one line that names it', async (action, command) => {
    await held();
    const labels = await house.labelsOf();
    const policy = await documentedPolicy();
    const deny = { Effect: 'Deny', Action: action, Resource: '*' } as const;
    const env = await estate.envOf('somebody', { ...policy, Statement: [...[policy.Statement].flat(), deny] });
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { code, out, err } = command === 'resume' ? await resume() : await rollback();
    expect({ code, out, err }).toEqual({ code: 2, out: [], err: [expect.stringContaining(action)] });
    expect(await house.labelsOf()).toEqual(labels);
  });

  it('let the operator move no other label than the retiring one', async () => {
    const { versionId, before } = await held();
    for (const [name, value] of Object.entries(await estate.envOf('somebody', await documentedPolicy())))
      vi.stubEnv(name, value);
    const client = secretsManagerClient({ endpoint: house.world.endpoint, region: house.world.region });
    const theirs = secretStore(client, new AbortController().signal);
    await expect(
      theirs.moveLabel(house.secretArn, 'AWSCURRENT', { from: versionId, to: before }),
    ).rejects.toMatchObject({ code: 'AccessDenied' });
    await theirs.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { from: before });
  });
});
