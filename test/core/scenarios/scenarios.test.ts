import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { performCampaign } from '../../../lib/core/campaign/perform-campaign.ts';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { executionInput, executionName } from '../../../lib/core/rollout/name.ts';
import { rotate } from '../../../lib/core/rotation/rotator.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { fastClock, realClock } from '../../support/clocks.ts';
import { arn, buildHouse, consumerEntry, type House } from '../../support/house.ts';
import { until } from './until.ts';

/** The named scenarios that are one rotation of a chosen value; every-scenario.test.ts lists all of them. */
let house: House;
beforeEach(async () => {
  house = await buildHouse();
});
afterEach(() => house.close());

const versionValue = (versionId: string) => house.store.read(house.secretArn, { versionId });
const currentValue = () => house.store.read(house.secretArn, { label: 'AWSCURRENT' });
const accepts = async (versionId: string) => house.target.accepts(await versionValue(versionId));
const results = () => house.records.map(({ result }) => result);
const died = () => new KeyturnError('AwsUnavailable', 'the function died');

/** The consumer comes up on every version but those that are named. */
function failOn(bad: Set<string>): void {
  const api = house.consumers.get('api');
  if (api)
    api.progressOf = ({ versionId }) =>
      bad.has(versionId) ? { state: 'failed', reason: 'rolled back by ECS' } : { state: 'converged', detail: 'up' };
}

/** A move of a label has its effect, and the function hears nothing of it; once. */
function dieAfterMoving(label: string): void {
  const moveLabel = house.store.moveLabel;
  house.store.moveLabel = async (...args) => {
    await moveLabel(...args);
    if (args[1] !== label) return;
    house.store.moveLabel = moveLabel;
    throw died();
  };
}

/** Once, right before the workflow asks for an op. */
function rightBefore(op: string, doIt: () => void | Promise<void>): void {
  let done = false;
  house.beforeInvoke = async (_, payload) => {
    if (payload.op !== op || done) return;
    done = true;
    await doIt();
  };
}

async function putByHand(value: object): Promise<string> {
  const versionId = randomUUID();
  await house.store.put(house.secretArn, versionId, SecretValue.of(JSON.stringify(value)), 'AWSCURRENT');
  return versionId;
}

describe('finishSecret dies between label, start and promotion', () => {
  it.each([
    ['after the start', () => dieAfterEnsuring()],
    ['after the label', () => dieAfterMoving('KEYTURN_RETIRING')],
    ['after the promotion', () => dieAfterMoving('AWSCURRENT')],
  ])('%s', async (_, die) => {
    die();
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(house.states.executionsOf()).toHaveLength(1);
    expect(house.target.accepts(await currentValue())).toBe(true);
    expect(house.target.accounts.size).toBe(1);
  });

  function dieAfterEnsuring(): void {
    const ensure = house.parts.ensureRollout;
    house.parts.ensureRollout = async (ref) => {
      house.parts.ensureRollout = ensure;
      await ensure(ref);
      throw died();
    };
  }
});

it('a finishSecret stalled past its retry wakes after the roll-back and tries to promote', async () => {
  const bad = new Set<string>();
  failOn(bad);
  const old = (await house.labelsOf())['AWSCURRENT'] ?? '';
  let wake = () => {};
  const awake = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let stalled: Promise<void> | undefined;
  let isBlocked = false;
  house.beforeInvoke = async (_, payload) => {
    if (payload.Step === 'finishSecret' && stalled === undefined) {
      const { ClientRequestToken: token } = payload as { ClientRequestToken: string };
      bad.add(token);
      const moveLabel: House['store']['moveLabel'] = async (id, label, move) => {
        isBlocked ||= label === 'AWSCURRENT';
        if (isBlocked) await awake;
        return house.store.moveLabel(id, label, move);
      };
      const event = { Step: 'finishSecret', SecretId: house.secretArn, ClientRequestToken: token } as const;
      stalled = rotate(event, { ...house.parts, store: { ...house.store, moveLabel } });
      await until(() => isBlocked);
    }
    // Back on the old version; what waits for the rotation function to end is over too early.
    if (payload.op === 'last-use' && stalled) {
      wake();
      await stalled;
    }
  };
  const { status, versionId } = await house.turn();
  expect(status).toBe('FAILED');
  expect((await house.labelsOf())['AWSCURRENT']).toBe(versionId);
  expect(results()).toEqual(['held']);
  expect([await accepts(old), await accepts(versionId)]).toEqual([true, true]);
});

it('the view write loses to a manual put', async () => {
  await house.close();
  house = await buildHouse({ entry: { views: [{ secret: 'house/URL', template: '{name}' }] } });
  const old = await currentValue();
  const { put, describe: look } = house.store;
  const byHand = (text: string) => put('house/URL', randomUUID(), SecretValue.of(text), 'AWSCURRENT');
  house.store.put = async (...args) => {
    const answer = await put(...args);
    if (args[0] === 'house/URL') await byHand('one');
    return answer;
  };
  house.store.describe = async (secretId) => {
    const state = await look(secretId);
    if (secretId === 'house/URL') await byHand('two');
    return state;
  };
  expect(await house.turn()).toMatchObject({ status: 'FAILED', error: 'LabelMoved' });
  expect((await house.store.read('house/URL', { label: 'AWSCURRENT' })).reveal()).toBe('two');
  expect(results()).toEqual(['held']);
  expect([house.target.accepts(old), house.target.accepts(await currentValue())]).toEqual([true, true]);
});

it('an operator moves AWSCURRENT back during the soak, and another attempt is started', async () => {
  const old = (await house.labelsOf())['AWSCURRENT'] ?? '';
  rightBefore('last-use', async () => {
    const { AWSCURRENT: from = '', KEYTURN_RETIRING: to = '' } = await house.labelsOf();
    await house.store.moveLabel(house.secretArn, 'AWSCURRENT', { from, to });
  });
  const { error, versionId } = await house.turn();
  expect(error).toBe('CurrentMoved');
  house.entry.timings.promotionSeconds = 0;
  await house.resume();
  await house.rolloutOf(versionId, 2);
  // The consumers ran on the new credential: they are taken off it before it ends.
  expect(house.consumers.get('api')?.runsOn).toBe(old);
  expect(results()).toEqual(['held', 'rolled-back']);
  expect([await accepts(old), await accepts(versionId)]).toEqual([true, false]);
});

it('an operator puts the old user name back while a version is retiring, and another attempt is started', async () => {
  rightBefore('last-use', async () => {
    const { KEYTURN_RETIRING: old = '' } = await house.labelsOf();
    await putByHand((await versionValue(old)).parse((text) => JSON.parse(text) as object));
  });
  const { error, versionId } = await house.turn();
  expect(error).toBe('CurrentMoved');
  house.entry.timings.promotionSeconds = 0;
  await house.resume();
  await house.rolloutOf(versionId, 2);
  expect(house.consumers.get('api')?.runsOn).toBe(versionId);
  expect([house.target.accepts(await currentValue()), await accepts(versionId)]).toEqual([true, true]);
});

it('an operator puts a corrected host with the same user name while a version is retiring', async () => {
  const old = await currentValue();
  rightBefore('last-use', async () => {
    const value = (await currentValue()).parse((text) => JSON.parse(text) as object);
    await putByHand({ ...value, host: 'corrected.internal' });
  });
  expect(await house.turn()).toMatchObject({ status: 'FAILED', error: 'CurrentMoved' });
  house.entry.timings.promotionSeconds = 0;
  await house.resume();
  await until(() => house.records.length === 2);
  expect([house.target.accepts(old), house.target.accepts(await currentValue())]).toEqual([true, true]);
  expect((await currentValue()).parse((text) => JSON.parse(text) as object)).toMatchObject({
    name: 'app_clone',
    host: 'corrected.internal',
  });
});

it('the inventory gains a consumer during the soak', async () => {
  const old = await currentValue();
  rightBefore('last-use', () => void house.entry.waves.push([consumerEntry('api')]));
  const { error, versionId } = await house.turn();
  expect(error).toBe('InventoryChanged');
  expect(results()).toEqual(['held']);
  expect([house.target.accepts(old), await accepts(versionId)]).toEqual([true, true]);
  // The next attempt plans anew, and proves the new one too before it revokes.
  await house.resume();
  expect((await house.rolloutOf(versionId, 2)).status).toBe('SUCCEEDED');
  expect(house.records.at(-1)?.consumers).toHaveLength(2);
  expect(house.target.accepts(old)).toBe(false);
});

it('ECS rolls our deployment back by itself', async () => {
  const old = await currentValue();
  const api = house.consumers.get('api');
  let looks = 0;
  if (api)
    api.progressOf = () => {
      looks += 1;
      if (looks < 3) return { state: 'pending', detail: 'one task of two' };
      return looks === 3 ? { state: 'failed', reason: 'ROLLBACK_SUCCESSFUL' } : { state: 'converged', detail: 'up' };
    };
  const { error, versionId } = await house.turn();
  expect(error).toBe('ConsumerFailed');
  expect(results()).toEqual(['rolled-back']);
  expect((await currentValue()).equals(old)).toBe(true);
  expect([house.target.accepts(old), await accepts(versionId)]).toEqual([true, false]);
});

it('a service is scaled to 0 in the middle', async () => {
  const old = await currentValue();
  const api = house.consumers.get('api');
  rightBefore('last-use', () => {
    if (api)
      api.progressOf = () => {
        throw new KeyturnError('ConsumerUnfit', 'scaled to zero');
      };
  });
  const { error, versionId } = await house.turn();
  expect(error).toBe('ConsumerUnfit');
  expect(results()).toEqual(['held']);
  expect([house.target.accepts(old), await accepts(versionId)]).toEqual([true, true]);
  // Scaled up again, another attempt brings it to its end.
  if (api) api.progressOf = () => ({ state: 'converged', detail: 'up' });
  await house.resume();
  expect((await house.rolloutOf(versionId, 2)).status).toBe('SUCCEEDED');
});

it('a rolled-back secret is rotated again with every execution name already used', async () => {
  const bad = new Set<string>();
  failOn(bad);
  rightBefore('write-views', async () => void bad.add((await house.labelsOf())['AWSCURRENT'] ?? ''));
  expect((await house.turn()).status).toBe('FAILED');
  expect(results()).toEqual(['rolled-back']);
  const { secretArn } = house;
  const root = house.world.identities.rootPrincipal;
  const machine = `arn:aws:states:${house.world.region}:${house.world.accountId}:stateMachine:rollout`;
  let taken = false;
  house.beforeInvoke = async (_, payload) => {
    if (payload.Step !== 'finishSecret' || taken) return;
    taken = true;
    const { ClientRequestToken: token } = payload as { ClientRequestToken: string };
    for (const attempt of [1, 2, 3]) {
      const name = executionName(secretArn, token, attempt);
      const input = executionInput(secretArn, token, attempt);
      await house.world.perform(root, 'states', 'StartExecution', { stateMachineArn: machine, name, input });
      const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
      await house.world.perform(root, 'states', 'StopExecution', { executionArn });
    }
  };
  const next = await house.start();
  expect((await house.rolloutOf(next, 4)).status).toBe('SUCCEEDED');
  expect(house.target.accepts(await currentValue())).toBe(true);
});

it('a schedule delivered twice', async () => {
  const scheduledTime = '2026-12-01T03:00:00Z';
  const token = campaignToken('monthly', scheduledTime, 'house/db');
  const parts = {
    store: house.store,
    clock: realClock,
    entries: async () => [house.entry],
    entryOf: async () => house.entry,
    rotate: async (_: string, versionId: string) => void (await house.start(versionId)),
    suppliedAt: () => undefined,
    notify: async () => undefined,
    rolloutOf: async () => undefined,
  };
  const deliver = async () => {
    const plan = await performCampaign({ op: 'plan', policy: 'monthly', scheduledTime }, parts);
    const { rest } = plan as { rest: { secret: string; token: string }[][] };
    return Promise.all(rest.flat().map((item) => performCampaign({ op: 'start', ...item }, parts)));
  };
  // At once, while it rotates, and after it has ended.
  await Promise.allSettled([deliver(), deliver()]);
  await deliver().catch(() => undefined);
  expect((await house.rolloutOf(token)).status).toBe('SUCCEEDED');
  expect(await deliver()).toMatchObject([{ state: 'started', reason: 'was started before' }]);
  expect(house.states.executionsOf()).toHaveLength(1);
  expect((await house.labelsOf())['AWSCURRENT']).toBe(token);
  expect([...house.target.accounts.keys()]).toEqual(['app_clone']);
});

it('RotateSecret while a rollout is open, and after it closed', async () => {
  house.target.inUse.add('app');
  const first = await house.turn();
  expect(first.error).toBe('GateClosed');
  const before = await house.labelsOf();
  const refused = await house.start();
  await until(() => !house.isRotating());
  const { AWSPENDING: pending, ...labels } = await house.labelsOf();
  expect(labels).toMatchObject({ AWSCURRENT: first.versionId, KEYTURN_RETIRING: before['KEYTURN_RETIRING'] });
  expect(pending).not.toBe(refused);
  expect(house.states.executionsOf()).toHaveLength(1);
  house.target.inUse.clear();
  await house.resume();
  expect((await house.rolloutOf(first.versionId, 2)).status).toBe('SUCCEEDED');
  expect((await house.turn()).status).toBe('SUCCEEDED');
});

it('RotateImmediately=false on a misconfigured secret', async () => {
  const before = await house.labelsOf();
  const account = house.target.accounts.get('app');
  if (account) account.password = 'another';
  const failed: string[] = [];
  house.afterFailure = async (functionName) => void failed.push(functionName);
  house.parts.clock = fastClock(Date.now());
  await house.world.perform(house.world.identities.rootPrincipal, 'secretsmanager', 'RotateSecret', {
    SecretId: house.secretArn,
    ClientRequestToken: randomUUID(),
    RotateImmediately: false,
    RotationLambdaARN: arn('rotate'),
    RotationRules: { AutomaticallyAfterDays: 30 },
  });
  await until(() => failed.length > 0);
  // It was tested as it stands; nothing was made, moved, installed or started.
  const { AWSPENDING: _, ...after } = await house.labelsOf();
  expect(after).toEqual(before);
  expect(house.target.logins.map(({ name, accepted }) => [name, accepted])).toContainEqual(['app', false]);
  expect([...house.target.accounts.keys()]).toEqual(['app']);
  expect(house.states.executionsOf()).toEqual([]);
});

describe('the roll back fails itself', () => {
  // When the consumer does not come up on the old version either, or that cannot be brought back: ../rollout/machine.test.ts.
  const failing = async (label: string) => {
    await house.close();
    house = await buildHouse({ taskRetries: false, promotionSeconds: 0 });
    const bad = new Set<string>();
    failOn(bad);
    rightBefore('move-back', () => dieAfterMoving(label));
    const old = (await house.labelsOf())['AWSCURRENT'] ?? '';
    const versionId = await house.start();
    bad.add(versionId);
    expect((await house.rolloutOf(versionId)).status).toBe('FAILED');
    expect([await accepts(old), await accepts(versionId)]).toEqual([true, true]);
    return { old, versionId };
  };

  it('after it took AWSPENDING: the next attempt goes back', async () => {
    const { old, versionId } = await failing('AWSPENDING');
    await house.resume();
    await house.rolloutOf(versionId, 2);
    expect((await house.labelsOf())['AWSCURRENT']).toBe(old);
    expect([await accepts(old), await accepts(versionId)]).toEqual([true, false]);
  });

  it('after it moved AWSCURRENT: the next attempt takes the consumers off the new credential before it ends that', async () => {
    const { old, versionId } = await failing('AWSCURRENT');
    expect(house.consumers.get('api')?.runsOn).toBe(versionId);
    await house.resume();
    await house.rolloutOf(versionId, 2);
    expect(house.consumers.get('api')?.runsOn).toBe(old);
    expect(results().at(-1)).toBe('rolled-back');
    expect([await accepts(old), await accepts(versionId)]).toEqual([true, false]);
  });

  it('after it moved the retiring label: the next attempt brings it to its end', async () => {
    const { old, versionId } = await failing('KEYTURN_RETIRING');
    await house.resume();
    await house.rolloutOf(versionId, 2);
    expect(house.consumers.get('api')?.runsOn).toBe(old);
    expect(results().at(-1)).toBe('rolled-back');
    expect([await accepts(old), await accepts(versionId)]).toEqual([true, false]);
  });
});
