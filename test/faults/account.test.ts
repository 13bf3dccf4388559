import { randomUUID } from 'node:crypto';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it } from 'vitest';
import { inventoryReader } from '../../lib/aws/inventory-reader.ts';
import { type CampaignParts, performCampaign } from '../../lib/core/campaign/perform-campaign.ts';
import { parameterNameOf, parseEntry } from '../../lib/core/entry.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import { watchLabel } from '../../lib/core/rollout/watch-label.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { startSimulator } from '../../lib/simulator/index.ts';
import { AwsError, type Operation } from '../../lib/simulator/types.ts';
import { fastClock } from '../support/clocks.ts';
import { buildHouse, consumerEntry, type House } from '../support/house.ts';

// What goes wrong with Secrets Manager, the inventory and the campaign, rather than with a target.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function begin(): Promise<House> {
  const house = await buildHouse({ rotationAttempts: 1, taskRetries: false });
  closing.push(() => house.close());
  return house;
}

const currentOf = (house: House) => house.store.read(house.secretArn, { label: 'AWSCURRENT' });

/** Everything is as it was before the rotation. */
async function untouched(house: House, old: SecretValue): Promise<void> {
  expect((await currentOf(house)).equals(old)).toBe(true);
  expect(house.target.accepts(old)).toBe(true);
}

/** A rotation that Secrets Manager has begun and given up, whose steps the test runs. */
async function stepsOf(house: House): Promise<{ token: string; run(...steps: string[]): Promise<void> }> {
  house.beforeInvoke = (name) => {
    if (name === 'rotate') throw new KeyturnError('AwsUnavailable', 'the test runs the steps');
  };
  const token = await house.start();
  while (house.isRotating()) await new Promise((resolve) => setTimeout(resolve, 2));
  return {
    token,
    async run(...steps) {
      for (const step of steps) await house.step(step, token);
    },
  };
}

describe('the inventory', () => {
  async function reader(parameters: Record<string, string> = {}) {
    const world = await startSimulator();
    closing.push(() => world.close());
    const { endpoint, region, rootCredentials: credentials } = world;
    for (const [Name, Value] of Object.entries(parameters)) {
      await world.perform(world.identities.rootPrincipal, 'ssm', 'PutParameter', { Name, Value, Type: 'String' });
    }
    const ssm = new SSMClient({ endpoint, region, credentials, maxAttempts: 1 });
    return inventoryReader(ssm, new AbortController().signal);
  }

  it('that does not have the secret is NotInInventory, and names the parameter that is missing', async () => {
    const entryOf = await reader();
    await expect(entryOf('app/db')).rejects.toMatchObject({
      code: 'NotInInventory',
      message: expect.stringContaining('no parameter /keyturn/secrets/app/db'),
    });
  });

  it.each([
    ['is no JSON', 'app/db'],
    ['is of a later release', '{"secret":"app/db","kind":"postgres","release":2}'],
  ])('whose entry %s is InventoryUnreadable', async (_, text) => {
    const entryOf = await reader({ [parameterNameOf('app/db')]: text });
    await expect(entryOf('app/db')).rejects.toMatchObject({
      code: 'InventoryUnreadable',
      message: expect.stringContaining('deploy the app again'),
    });
  });

  it('that becomes unreadable in the middle stops the rotation', async () => {
    const house = await begin();
    const old = await currentOf(house);
    const unreadable = async () => parseEntry('{}', '/keyturn/secrets/house/db');
    const { run } = await stepsOf(house);
    const { entryOf } = house.parts;
    house.parts.entryOf = unreadable;
    await expect(run('createSecret')).rejects.toMatchObject({ code: 'InventoryUnreadable' });
    await untouched(house, old);
    house.parts.entryOf = entryOf;
    await run('createSecret');
    house.parts.entryOf = unreadable;
    await expect(run('setSecret')).rejects.toMatchObject({ code: 'InventoryUnreadable' });
    await untouched(house, old);
  });
});

it('an inventory that gains a consumer during the soak holds the rollout until it is planned anew', async () => {
  const house = await begin();
  const old = await currentOf(house);
  house.beforeInvoke = (_, { op }) => {
    if (op === 'last-use' && house.entry.waves.length === 1) house.entry.waves.push([consumerEntry('api')]);
  };
  const { versionId, ...end } = await house.turn();
  expect(end).toMatchObject({ status: 'FAILED', error: 'InventoryChanged' });
  expect([house.target.accepts(await currentOf(house)), house.target.accepts(old)]).toEqual([true, true]);
  await house.resume();
  expect((await house.rolloutOf(versionId, 2)).status).toBe('SUCCEEDED');
});

describe('Secrets Manager', () => {
  it('has no value for the pending version yet: it is asked for again, for 13 s, and then that is said', async () => {
    const house = await begin();
    const old = await currentOf(house);
    const { run } = await stepsOf(house);
    const clock = fastClock();
    house.parts.clock = clock;
    await expect(run('setSecret')).rejects.toMatchObject({
      code: 'VersionNotReadable',
      message: expect.stringContaining('has no value that can be read'),
    });
    expect(clock.sleptMs).toBe(12_600);
    await untouched(house, old);
  });

  it('has the rotation switched off in the middle: nothing is promoted', async () => {
    const house = await begin();
    const old = await currentOf(house);
    const { run } = await stepsOf(house);
    await run('createSecret', 'setSecret', 'testSecret');
    const root = house.world.identities.rootPrincipal;
    await house.world.perform(root, 'secretsmanager', 'CancelRotateSecret', { SecretId: house.secretArn });
    await expect(run('finishSecret')).rejects.toMatchObject({ code: 'RotationDisabled' });
    await untouched(house, old);
  });

  it('has a value put by hand in the middle: the rotation is abandoned, and finishSecret promotes nothing', async () => {
    const house = await begin();
    const old = await currentOf(house);
    const byHand = old.map((text) => `${text} `);
    let finished: Promise<void> | undefined;
    house.beforeInvoke = async (_, { Step }) => {
      if (Step !== 'finishSecret' || finished !== undefined) return;
      await house.store.put(house.secretArn, randomUUID(), byHand, 'AWSCURRENT');
      finished = house.step('finishSecret', await token);
      await finished.catch(() => undefined);
    };
    const token = house.start();
    await token;
    while (house.isRotating()) await new Promise((resolve) => setTimeout(resolve, 2));
    await expect(finished).rejects.toMatchObject({ code: 'TokenRejected' });
    expect((await currentOf(house)).equals(byHand)).toBe(true);
    expect(house.target.accepts(old)).toBe(true);
    expect(house.states.executionsOf()).toEqual([]);
  });

  it('has lost the secret', async () => {
    const house = await begin();
    const { run } = await stepsOf(house);
    await run('createSecret');
    const root = house.world.identities.rootPrincipal;
    const gone = { SecretId: house.secretArn, ForceDeleteWithoutRecovery: true };
    await house.world.perform(root, 'secretsmanager', 'DeleteSecret', gone);
    await expect(run('finishSecret')).rejects.toMatchObject({
      code: 'SecretNotFound',
      message: expect.stringContaining(house.secretArn),
    });
    expect(house.target.accounts.get('app')?.enabled).toBe(true);
  });

  it.each([
    ['denies', 'AccessDenied', new AwsError('AccessDeniedException', 'User: keyturn is not authorized', 400)],
    ['throttles', 'AwsUnavailable', new AwsError('ThrottlingException', 'Rate exceeded', 400)],
  ])('%s the promotion: it is not promoted, and the reattempt goes through', async (_, code, error) => {
    const house = await begin();
    const old = await currentOf(house);
    const { token, run } = await stepsOf(house);
    await run('createSecret', 'setSecret', 'testSecret');
    const mend = failing(house, 'UpdateSecretVersionStage', error);
    await expect(run('finishSecret')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`UpdateSecretVersionStage ${house.secretArn}`),
    });
    await untouched(house, old);
    mend();
    house.beforeInvoke = () => undefined;
    await run('createSecret', 'setSecret', 'testSecret', 'finishSecret');
    expect((await house.rolloutOf(token)).status).toBe('SUCCEEDED');
    expect([house.target.accepts(await currentOf(house)), house.target.accepts(old)]).toEqual([true, false]);
  });

  it('is asked to rotate while a version is retiring', async () => {
    const house = await begin();
    house.target.inUse.add('app');
    expect(await house.turn()).toMatchObject({ error: 'GateClosed' });
    const promoted = await currentOf(house);
    const { run } = await stepsOf(house);
    await expect(run('createSecret')).rejects.toMatchObject({
      code: 'RolloutStillOpen',
      message: expect.stringContaining('is still retiring'),
    });
    await untouched(house, promoted);
  });
});

/** An operation of the simulated Secrets Manager answers with an error. Returns what ends that. */
function failing(house: House, operation: string, error: AwsError): () => void {
  const { operations } = house.world.service('secretsmanager') as { operations: Record<string, Operation> };
  const before = operations[operation];
  if (before === undefined) throw new Error(`there is no ${operation}`);
  operations[operation] = { ...before, run: () => Promise.reject(error) };
  return () => {
    operations[operation] = before;
  };
}

describe('AWSCURRENT is moved by somebody else', () => {
  const watch = async (house: House, versionId: string) => {
    const alarms: KeyturnError[] = [];
    const event = { resources: [house.secretArn], detail: { labelUpdated: 'AWSCURRENT', versionId } };
    await watchLabel(event, {
      store: house.store,
      isInventoried: async (name) => name === 'house/db',
      rolloutOf: async (ref) =>
        house.states.executionsOf().findLast(({ input }) => input.includes(ref.versionId))?.status as 'SUCCEEDED',
      alarm: async (error) => void alarms.push(error),
    });
    return alarms;
  };

  it('which alarms, changes nothing, and says that both credentials may be in use', async () => {
    const house = await begin();
    await house.turn();
    const ours = await currentOf(house);
    const byHand = randomUUID();
    await house.store.put(house.secretArn, byHand, SecretValue.of('{"name":"by-hand","password":"p"}'), 'AWSCURRENT');
    expect(await watch(house, byHand)).toMatchObject([
      { code: 'UnmanagedPromotion', message: expect.stringContaining(`AWSCURRENT moved to ${byHand}`) },
    ]);
    expect(house.target.accepts(ours)).toBe(true);
  });

  it('is not said of a promotion of our own', async () => {
    const house = await begin();
    await house.turn();
    const { AWSCURRENT: ours = '' } = await house.labelsOf();
    house.beforeInvoke = async (_, { op }) => {
      if (op !== 'plan') return;
      const { AWSCURRENT: promoted = '' } = await house.labelsOf();
      expect(promoted).not.toBe(ours);
      expect(await watch(house, promoted)).toEqual([]);
    };
    expect((await house.turn()).status).toBe('SUCCEEDED');
  });
});

it('a campaign whose rotation fails reports it by name, as CampaignFailed', async () => {
  const house = await begin();
  const clock = fastClock();
  house.beforeInvoke = (name) => {
    if (name === 'rotate') throw new KeyturnError('TargetUnreachable', 'nothing listens there');
  };
  const rules = {
    RotationLambdaARN: `arn:aws:lambda:us-east-1:${house.world.accountId}:function:rotate`,
    RotationRules: { AutomaticallyAfterDays: 30 },
  };
  const parts: CampaignParts = {
    store: house.store,
    clock,
    entries: async () => [house.entry],
    entryOf: async () => house.entry,
    async rotate(SecretId, ClientRequestToken) {
      const root = house.world.identities.rootPrincipal;
      await house.world.perform(root, 'secretsmanager', 'RotateSecret', { SecretId, ClientRequestToken, ...rules });
    },
    suppliedAt: () => undefined,
    notify: async () => undefined,
    rolloutOf: async () => undefined,
  };
  const plan = { op: 'plan', policy: 'monthly', scheduledTime: '2026-11-20T02:00:00Z' } as const;
  const { rest } = (await performCampaign(plan, parts)) as { rest: { secret: string; token: string }[][] };
  const [{ secret, token } = { secret: '', token: '' }] = rest.flat();
  expect(await performCampaign({ op: 'start', secret, token }, parts)).toMatchObject({ state: 'started' });
  const look = { op: 'look', secret, token, startedAtMs: 0 } as const;
  expect(await performCampaign(look, parts)).toMatchObject({ state: 'turning' });
  await clock.sleep(3_600_000);
  const seen = (await performCampaign(look, parts)) as { state: 'failed'; reason: string };
  expect(seen).toMatchObject({ state: 'failed', reason: expect.stringContaining('did not promote') });
  const outcomes = [{ secret, outcome: seen.state, reason: seen.reason }];
  await expect(performCampaign({ op: 'report', policy: 'monthly', outcomes }, parts)).rejects.toMatchObject({
    code: 'CampaignFailed',
    message: expect.stringMatching(/^policy monthly: 1 of 1 rotations failed, 0 were not started: house\/db \(/),
  });
});
