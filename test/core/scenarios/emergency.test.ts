import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emergencyTag, emergencyToken } from '../../../lib/core/emergency.ts';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { fastClock } from '../../support/clocks.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { type Operator, operatorOf } from '../../support/operator.ts';
import { until } from './until.ts';

let house: House;
let operator: Operator;
beforeEach(() => build());
afterEach(() => house.close());

async function build(options: Parameters<typeof buildHouse>[0] = {}): Promise<void> {
  if (house) await house.close();
  house = await buildHouse(options);
  operator = operatorOf(house);
}

const read = (versionId: string) => house.store.read(house.secretArn, { versionId });
const accepts = async (versionId: string) => house.target.accepts(await read(versionId));
const holder = async (label: string) => (await house.labelsOf())[label] ?? '';
const results = () => house.records.map(({ versionId, result }) => [versionId.startsWith('emergency-'), result]);
const api = () => {
  const found = house.consumers.get('api');
  if (found === undefined) throw new Error('there is no api');
  return found;
};

/** A rollout that stands in a state for as long as the test looks: what would wait there waits for a minute. */
async function standingIn(state: string, timings: Partial<House['entry']['timings']>): Promise<string> {
  Object.assign(house.entry.timings, timings);
  const versionId = await house.start();
  await until(() =>
    house.states.executionsOf().some(({ history }) => JSON.stringify(history.events).includes(`"${state}"`)),
  );
  return versionId;
}

describe('an emergency', () => {
  it('skips the soak, the gate and the grace, and names who declared it, why, and what was skipped', async () => {
    Object.assign(house.entry.timings, { soakSeconds: 60, graceSeconds: 60, gateSeconds: 60 });
    house.target.inUse.add('app');
    const old = await holder('AWSCURRENT');
    expect(await operator.declareEmergency()).toBe(0);
    const versionId = await holder('AWSCURRENT');
    expect([await accepts(old), await accepts(versionId)]).toEqual([false, true]);
    expect(house.records).toMatchObject([
      {
        result: 'retired',
        versionId,
        failure: null,
        emergency: { mode: 'consumers-first', stillUsed: 'app has a session' },
      },
    ]);
    expect(house.records[0]?.emergency?.skipped).toEqual(expect.arrayContaining(['the soak', 'the grace']));
    expect(operator.requests).toMatchObject([
      {
        name: 'request',
        request: {
          versionId,
          emergency: 'consumers-first',
          reason: 'found in a public repository',
          requestedBy: 'arn:aws:iam::123456789012:user/operator',
        },
      },
    ]);
    expect(house.messages).toEqual(['Keyturn: the emergency of house/db: it was retired']);
    expect((await house.labelsOf())['KEYTURN_RETIRING']).toBeUndefined();
  });

  it('revokes although nobody can say whether strangers use the old credential', async () => {
    house.kind.lastUse = async () => {
      throw new KeyturnError('TargetThrottled', 'rate exceeded');
    };
    const old = await holder('AWSCURRENT');
    expect(await operator.declareEmergency()).toBe(0);
    expect(await accepts(old)).toBe(false);
    expect(house.records[0]).toMatchObject({ failure: null, emergency: { stillUsed: 'unknown: rate exceeded' } });
  });

  it('tells the kind, which may make another value of it', async () => {
    const occasions: unknown[] = [];
    if (house.kind.origin !== 'chosen') throw new Error('it is minted');
    const { propose } = house.kind;
    house.kind.propose = (target, current, occasion) => {
      occasions.push(occasion);
      return propose(target, current, occasion);
    };
    await house.turn();
    await operator.declareEmergency();
    expect(occasions).toMatchObject([{ emergency: false }, { emergency: true }]);
  });

  it('waits for nothing that only an ordinary rotation waits for', async () => {
    if (house.kind.origin !== 'chosen') throw new Error('it is minted');
    house.kind.notBefore = () => Number.MAX_SAFE_INTEGER / 2;
    const before = await holder('AWSCURRENT');
    await house.start();
    await until(() => !house.isRotating());
    expect(await holder('AWSCURRENT')).toBe(before);
    expect(await operator.declareEmergency()).toBe(0);
    expect(await holder('AWSCURRENT')).toMatch(/^emergency-/);
  });

  it('that nobody declared is refused before anything is made, and blocks no later rotation', async () => {
    house.parts.clock = fastClock(Date.now());
    const token = emergencyToken();
    await house.start(token);
    await until(() => !house.isRotating());
    expect(await house.labelsOf()).not.toHaveProperty('AWSPENDING', token);
    expect(house.target.accounts.size).toBe(1);
    await house.store.tag(house.secretArn, emergencyTag, 'another-version/disable-first');
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(house.records[0]?.emergency).toBeNull();
  });

  it('ends as EmergencyNotDeclared when its tag names another version', async () => {
    house.parts.clock = fastClock(Date.now());
    await house.store.tag(house.secretArn, emergencyTag, 'another-version/disable-first');
    const token = emergencyToken();
    house.beforeInvoke = (_, { Step }) => {
      if (Step) throw new Error('not by Secrets Manager');
    };
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await house.start(token);
    await until(async () => (await holder('AWSPENDING')) === token);
    await expect(house.step('createSecret', token)).rejects.toMatchObject({ code: 'EmergencyNotDeclared' });
  });

  it('whose tag is seen late is an emergency all the same', async () => {
    const { describe: look } = house.store;
    let looks = 0;
    house.parts.clock = fastClock(Date.now());
    house.parts.store = {
      ...house.store,
      describe: async (id) => {
        const state = await look(id);
        looks += 1;
        return looks < 3 ? { ...state, tags: {} } : state;
      },
    };
    let told: unknown;
    if (house.kind.origin !== 'chosen') throw new Error('it is minted');
    const { propose } = house.kind;
    house.kind.propose = (target, current, occasion) => {
      told = occasion;
      return propose(target, current, occasion);
    };
    expect(await operator.declareEmergency()).toBe(0);
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(told).toMatchObject({ emergency: true });
  });
});

describe('an emergency during a soak', () => {
  it('ends the open rollout at once, its soak and grace skipped, then rotates: both earlier credentials are dead', async () => {
    const first = await holder('AWSCURRENT');
    const [old, second] = [await read(first), await standingIn('Soak', { soakSeconds: 60, graceSeconds: 60 })];
    const fresh = await read(second);
    let most = 0;
    house.beforeInvoke = async () => {
      most = Math.max(most, [...house.target.accounts.values()].filter(({ enabled }) => enabled).length);
    };
    expect(await operator.declareEmergency()).toBe(0);
    const third = await holder('AWSCURRENT');
    expect([first, second]).not.toContain(third);
    expect([house.target.accepts(old), house.target.accepts(fresh), await accepts(third)]).toEqual([
      false,
      false,
      true,
    ]);
    // Never two that retire.
    expect(most).toBe(2);
    expect(results()).toEqual([
      [false, 'retired'],
      [true, 'retired'],
    ]);
    expect(house.records.map(({ attempt, emergency }) => [attempt, emergency?.mode])).toEqual([
      [2, 'consumers-first'],
      [1, 'consumers-first'],
    ]);
    expect(operator.requests.map(({ name, request }) => [name, request.versionId])).toEqual([
      ['emergency-2', second],
      ['request', third],
    ]);
    expect(api().runsOn).toBe(third);
    expect((await house.labelsOf())['KEYTURN_RETIRING']).toBeUndefined();
  });

  it('with the outage accepted: each credential is dead before a consumer moves', async () => {
    const first = await holder('AWSCURRENT');
    const old = await read(first);
    const second = await standingIn('Soak', { soakSeconds: 60 });
    const fresh = await read(second);
    const atRefresh: boolean[] = [];
    house.beforeInvoke = (_, { op }) => {
      if (op === 'refresh' && atRefresh.length === 0)
        atRefresh.push(house.target.accepts(old), house.target.accepts(fresh));
    };
    expect(await operator.declareEmergency({ acceptOutage: true })).toBe(0);
    expect(atRefresh).toEqual([false, false]);
    expect(api().refreshes).toBe(2);
    expect(house.records.map(({ emergency }) => emergency?.mode)).toEqual(['disable-only', 'disable-first']);
    expect(house.records[0]?.emergency?.skipped).toContain('the consumers');
    expect(await accepts(await holder('AWSCURRENT'))).toBe(true);
  });

  it('during the refresh: the consumers come up on the new credential first', async () => {
    const old = await read(await holder('AWSCURRENT'));
    let isReady = false;
    api().progressOf = () =>
      isReady ? { state: 'converged', detail: 'up' } : { state: 'pending', detail: 'one of two' };
    const entry = house.entry.waves[0]?.[0];
    if (entry) entry.pollSeconds = 1;
    const second = await standingIn('WaitForProgress', {});
    if (entry) entry.pollSeconds = 0;
    const fresh = await read(second);
    const declared = operator.declareEmergency();
    await until(() => house.states.executionsOf().length === 2);
    expect([house.target.accepts(old), house.target.accepts(fresh)]).toEqual([true, true]);
    isReady = true;
    expect(await declared).toBe(0);
    expect([house.target.accepts(old), house.target.accepts(fresh)]).toEqual([false, false]);
  });

  it('that went back meanwhile: it comes to its end, then the old credential is rotated', async () => {
    const first = await holder('AWSCURRENT');
    const old = await read(first);
    const bad = await failing();
    expect(await house.rolloutOf(bad)).toMatchObject({ status: 'FAILED' });
    expect(await holder('AWSCURRENT')).toBe(first);
    expect(await operator.declareEmergency()).toBe(0);
    expect(house.target.accepts(old)).toBe(false);
  });

  it('that is held because strangers use the old credential: they are not waited for', async () => {
    house.target.inUse.add('app');
    expect((await house.turn()).error).toBe('GateClosed');
    expect(await operator.declareEmergency()).toBe(0);
    expect(results()).toEqual([
      [false, 'held'],
      [false, 'retired'],
      [true, 'retired'],
    ]);
  });

  it('of a rotation that does not promote: it is given up, then rotated', async () => {
    const old = await read(await holder('AWSCURRENT'));
    const { ensureRollout } = house.parts;
    house.parts.ensureRollout = async (ref) => {
      await ensureRollout(ref);
      throw new KeyturnError('AwsUnavailable', 'the function died');
    };
    const stuck = await house.start();
    await until(() => house.states.executionsOf().length === 1 && !house.isRotating());
    house.parts.ensureRollout = ensureRollout;
    expect(await operator.declareEmergency()).toBe(0);
    expect(house.target.accepts(old)).toBe(false);
    expect(results()).toEqual([
      [false, 'abandoned'],
      [true, 'retired'],
    ]);
    expect(house.records[0]?.versionId).toBe(stuck);
  });
});

/** A version on which no consumer comes up. */
async function failing(): Promise<string> {
  const before = await holder('AWSCURRENT');
  api().progressOf = ({ versionId }) =>
    versionId === before || versionId.startsWith('emergency-')
      ? { state: 'converged', detail: 'up' }
      : { state: 'failed', reason: 'crash loop' };
  return await house.start();
}

describe('an emergency whose consumers do not converge', () => {
  beforeEach(async () => {
    const before = await holder('AWSCURRENT');
    api().progressOf = ({ versionId }) =>
      versionId === before ? { state: 'converged', detail: 'up' } : { state: 'failed', reason: 'crash loop' };
  });

  it('goes back, with nothing of the old taken away, and says so', async () => {
    const old = await holder('AWSCURRENT');
    expect(await operator.declareEmergency()).toBe(1);
    expect(await holder('AWSCURRENT')).toBe(old);
    expect(await accepts(old)).toBe(true);
    expect(results()).toEqual([[true, 'rolled-back']]);
    expect(house.messages).toEqual(['Keyturn: the emergency of house/db: it was rolled-back']);
    expect(operator.told.join('\n')).toContain('may still work. Mend the cause');
  });

  it('with the outage accepted it holds: what is compromised stays dead, and does not come back by itself', async () => {
    const old = await holder('AWSCURRENT');
    expect(await operator.declareEmergency({ acceptOutage: true })).toBe(1);
    const versionId = await holder('AWSCURRENT');
    expect(versionId).not.toBe(old);
    expect([await accepts(old), await accepts(versionId)]).toEqual([false, true]);
    expect(house.records).toMatchObject([{ result: 'held', finality: 'disabled', retiredIdentity: 'app' }]);
    // Mended, the next attempt brings it to its end.
    api().progressOf = () => ({ state: 'converged', detail: 'up' });
    expect(await operator.declareEmergency({ acceptOutage: true })).toBe(0);
    expect(results().at(-1)).toEqual([true, 'retired']);
    expect(await holder('AWSCURRENT')).toBe(versionId);
  });

  it('with the outage accepted later: the one that is under way disables first, and is not rotated again', async () => {
    const old = await read(await holder('AWSCURRENT'));
    api().progressOf = () => ({ state: 'pending', detail: 'one of two' });
    const entry = house.entry.waves[0]?.[0];
    if (entry) entry.pollSeconds = 1;
    const first = operator.declareEmergency();
    await until(() =>
      house.states.executionsOf().some(({ history }) => JSON.stringify(history.events).includes('"WaitForProgress"')),
    );
    const versionId = await holder('AWSCURRENT');
    const second = operatorOf(house).declareEmergency({ acceptOutage: true });
    await until(() => !house.target.accepts(old));
    api().progressOf = () => ({ state: 'converged', detail: 'up' });
    expect([await first, await second]).toEqual([0, 0]);
    expect(await holder('AWSCURRENT')).toBe(versionId);
    expect(house.records.map(({ attempt, emergency }) => [attempt, emergency?.mode])).toEqual([[2, 'disable-first']]);
  });

  it('after the disabling, with the outage accepted: it is not enabled again', async () => {
    api().progressOf = () => ({ state: 'converged', detail: 'up' });
    const old = await holder('AWSCURRENT');
    house.beforeInvoke = (_, { op }) => {
      if (op === 'prove-refused') api().healthOf = () => ({ state: 'unhealthy', reason: '500' });
    };
    expect(await operator.declareEmergency({ acceptOutage: true })).toBe(1);
    expect(await accepts(old)).toBe(false);
    expect(results()).toEqual([[true, 'held']]);
  });
});
