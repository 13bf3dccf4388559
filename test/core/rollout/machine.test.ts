import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, consumerEntry, type House } from '../../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await buildHouse();
});
afterEach(() => house.close());

const currentValue = async () => house.store.read(house.secretArn, { label: 'AWSCURRENT' });

describe('a rollout that goes forward', () => {
  it('ends with the new credential accepted, the old one refused, and no label left behind', async () => {
    const old = await currentValue();
    const { status, versionId } = await house.turn();
    expect(status).toBe('SUCCEEDED');
    const labels = await house.labelsOf();
    expect(labels['AWSCURRENT']).toBe(versionId);
    expect(labels['KEYTURN_RETIRING']).toBeUndefined();
    expect(house.target.accepts(await currentValue())).toBe(true);
    expect(house.target.accepts(old)).toBe(false);
  });

  it('refreshes a consumer once and records what was seen', async () => {
    await house.turn();
    expect(house.consumers.get('api')?.refreshes).toBe(1);
    expect(house.records).toHaveLength(1);
    expect(house.records[0]).toMatchObject({
      result: 'retired',
      retiredIdentity: 'app',
      finality: 'destroyed',
      refusals: [{ endpoint: 'memory', error: 'refused' }],
      failure: null,
    });
    expect(house.records[0]?.consumers).toMatchObject([[{ consumer: 'api', seen: 'all on the new version' }]]);
  });

  it('can be gone again and again', async () => {
    for (let turn = 0; turn < 3; turn += 1) expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(house.target.accounts.size).toBe(1);
  });
});

describe('a consumer that does not come up', () => {
  it('sends the rollout back: the old credential is current, the new one dead, the next rotation possible', async () => {
    const old = await currentValue();
    const api = house.consumers.get('api');
    if (api)
      api.progressOf = ({ versionId }) =>
        versionId === bad ? { state: 'failed', reason: 'crash loop' } : { state: 'converged', detail: 'up' };
    let bad = '';
    bad = await house.start();
    const { status, error } = await house.rolloutOf(bad);
    expect([status, error]).toEqual(['FAILED', 'ConsumerFailed']);
    const labels = await house.labelsOf();
    expect(labels['KEYTURN_RETIRING']).toBeUndefined();
    expect(labels['AWSPENDING']).toBeUndefined();
    expect(house.target.accepts(old)).toBe(true);
    expect((await currentValue()).equals(old)).toBe(true);
    expect(house.target.accepts(await house.store.read(house.secretArn, { versionId: bad }))).toBe(false);
    expect(house.records.map(({ result }) => result)).toEqual(['rolled-back']);
    expect(house.messages).toEqual(['Keyturn: house/db was rolled-back']);
    expect((await house.turn()).status).toBe('SUCCEEDED');
  });

  it('also goes back when a check stays unhealthy', async () => {
    const api = house.consumers.get('api');
    if (api) api.healthOf = () => (api.refreshes === 1 ? { state: 'unhealthy', reason: '500' } : { state: 'healthy' });
    expect(await house.turn()).toMatchObject({ status: 'FAILED', error: 'CheckUnhealthy' });
    expect(house.records.map(({ result }) => result)).toEqual(['rolled-back']);
  });

  it('holds when it does not come up on the old credential either', async () => {
    const api = house.consumers.get('api');
    if (api) api.progressOf = () => ({ state: 'failed', reason: 'crash loop' });
    const { status } = await house.turn();
    expect(status).toBe('FAILED');
    expect(house.records.map(({ result }) => result)).toEqual(['held']);
    expect((await house.labelsOf())['KEYTURN_RETIRING']).toBeDefined();
    expect([...house.target.accounts.values()].every(({ enabled }) => enabled)).toBe(true);
  });

  it.each([
    { state: 'is refused', code: 'AuthenticationRefused' },
    { state: 'has lost a privilege', code: 'PrivilegeLost' },
  ] as const)('installs a predecessor that $state again before it goes back to it', async ({ code }) => {
    const old = await currentValue();
    const { verify, install } = house.kind;
    let fit = true;
    const reinstalled: unknown[] = [];
    Object.assign(house.kind, {
      async verify(...[context, credential]: Parameters<typeof verify>) {
        if (!fit && house.kind.identify(credential) === 'app') throw new KeyturnError(code, 'as if by hand');
        await verify(context, credential);
      },
      async install(...[context, versions]: Parameters<typeof install>) {
        await install(context, versions);
        if (house.kind.identify(versions.pending) !== 'app') return;
        reinstalled.push(versions.pending);
        fit = true;
      },
    });
    const api = house.consumers.get('api');
    let bad = '';
    if (api)
      api.progressOf = ({ versionId }) => {
        if (versionId !== bad) return { state: 'converged', detail: 'up' };
        fit = false;
        return { state: 'failed', reason: 'crash loop' };
      };
    bad = await house.start();
    expect(await house.rolloutOf(bad)).toEqual({ status: 'FAILED', error: 'ConsumerFailed' });
    expect(reinstalled).toHaveLength(1);
    expect(house.records.map(({ result }) => result)).toEqual(['rolled-back']);
    expect((await currentValue()).equals(old)).toBe(true);
    expect(house.target.accepts(old)).toBe(true);
  });

  it('holds with everything working when the predecessor cannot be brought back', async () => {
    await house.close();
    house = await buildHouse({ initial: '{}' });
    const api = house.consumers.get('api');
    if (api) api.progressOf = () => ({ state: 'failed', reason: 'crash loop' });
    expect(await house.turn()).toMatchObject({ status: 'FAILED', error: 'CannotGoBack' });
    expect(house.target.accepts(await currentValue())).toBe(true);
  });
});

/** Everything that a gate can say but "open" holds, with both credentials working. */
describe('before Disable', () => {
  const held = async (error: string) => {
    const old = await currentValue();
    expect(await house.turn()).toMatchObject({ status: 'FAILED', error });
    expect(house.target.accepts(old)).toBe(true);
    expect(house.target.accepts(await currentValue())).toBe(true);
    expect(house.records.map(({ result }) => result)).toEqual(['held']);
    expect((await house.labelsOf())['KEYTURN_RETIRING']).toBeDefined();
  };
  /** Runs something right before the workflow asks for an op, once. */
  const rightBefore = (op: string, doIt: () => void | Promise<void>) => {
    let done = false;
    house.beforeInvoke = async (_, payload) => {
      if (payload.op !== op || done) return;
      done = true;
      await doIt();
    };
  };

  it('holds while the old credential is in use', async () => {
    house.target.inUse.add('app');
    await held('GateClosed');
  });

  it('goes on as soon as the old credential is unused', async () => {
    house.entry.timings.gateSeconds = 30;
    house.target.inUse.add('app');
    rightBefore('await-gate', () => void house.target.inUse.clear());
    expect((await house.turn()).status).toBe('SUCCEEDED');
  });

  it('holds when what the target says of the last use is unknown', async () => {
    house.kind.lastUse = async () => ({ state: 'unknown', detail: 'the replica does not answer' });
    await held('GateClosed');
  });

  it('is asked for by the promotion too, as is Disable: the views are written, no consumer is refreshed yet', async () => {
    const startedAtMs = Date.now();
    const asked: (number | undefined)[] = [];
    const { lastUse, disable } = house.kind;
    house.kind.lastUse = async (context, credential, sinceMs, promotedAtMs) => {
      expect(promotedAtMs).toBeLessThanOrEqual(sinceMs);
      asked.push(promotedAtMs);
      return lastUse(context, credential, sinceMs, promotedAtMs);
    };
    house.kind.disable = async (context, versions) => {
      asked.push(versions.promotedAtMs);
      await disable(context, versions);
    };
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(asked).toHaveLength(2);
    expect(asked[0]).toBeGreaterThanOrEqual(startedAtMs);
    expect(asked[1]).toBe(asked[0]);
  });

  it('holds when a consumer failed during the soak', async () => {
    rightBefore('last-use', () => {
      const api = house.consumers.get('api');
      if (api) api.progressOf = () => ({ state: 'failed', reason: 'one task is older than the promotion' });
    });
    await held('ConsumerFailed');
  });

  it('holds when a consumer became unhealthy during the soak', async () => {
    rightBefore('last-use', () => {
      const api = house.consumers.get('api');
      if (api) api.healthOf = () => ({ state: 'unhealthy', reason: '503' });
    });
    await held('CheckUnhealthy');
  });

  it('holds when a consumer cannot be judged', async () => {
    const api = house.consumers.get('api');
    if (api) {
      api.progressOf = () => {
        throw new KeyturnError('ConsumerUnfit', 'scaled to zero');
      };
    }
    await held('ConsumerUnfit');
  });

  it('holds when the inventory gained a consumer after the plan was made', async () => {
    rightBefore('last-use', () => void house.entry.waves.push([consumerEntry('api')]));
    await held('InventoryChanged');
  });

  it('holds when AWSCURRENT was moved by hand during the soak', async () => {
    rightBefore('last-use', async () => {
      const { AWSCURRENT: from = '', KEYTURN_RETIRING: to = '' } = await house.labelsOf();
      await house.store.moveLabel(house.secretArn, 'AWSCURRENT', { from, to });
    });
    await held('CurrentMoved');
  });

  it('looks at the labels before it looks at the consumers, and again after', async () => {
    const asked: string[] = [];
    house.beforeInvoke = (_, { op }) => void asked.push(op ?? 'probe');
    await house.turn();
    const gates = asked.slice(asked.indexOf('last-use'), asked.indexOf('disable'));
    expect(gates.filter((op) => op === 'check-plan')).toHaveLength(2);
    expect([gates[1], gates.at(-1)]).toEqual(['check-plan', 'check-plan']);
    expect(gates).toContain('progress');
  });

  it('holds when AWSCURRENT was moved by hand at the very last moment', async () => {
    rightBefore('disable', async () => {
      const { AWSCURRENT: from = '', KEYTURN_RETIRING: to = '' } = await house.labelsOf();
      await house.store.moveLabel(house.secretArn, 'AWSCURRENT', { from, to });
    });
    await held('CurrentMoved');
  });

  it('holds when the retiring label was taken away at the very last moment', async () => {
    const old = await currentValue();
    rightBefore('disable', async () => {
      const { KEYTURN_RETIRING: from = '' } = await house.labelsOf();
      await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { from });
    });
    expect(await house.turn()).toMatchObject({ status: 'FAILED', error: 'CurrentMoved' });
    expect(house.target.accepts(old)).toBe(true);
  });
});

describe('after Disable', () => {
  it('enables the old credential and goes back when a consumer turns unhealthy', async () => {
    const old = await currentValue();
    const api = house.consumers.get('api');
    house.beforeInvoke = (_, payload) => {
      if (payload.op === 'disable' && api)
        api.healthOf = () => (api.refreshes === 1 ? { state: 'unhealthy', reason: '500' } : { state: 'healthy' });
    };
    expect(await house.turn()).toMatchObject({ status: 'FAILED', error: 'CheckUnhealthy' });
    expect(house.target.accepts(old)).toBe(true);
    expect((await currentValue()).equals(old)).toBe(true);
    expect(house.records.map(({ result }) => result)).toEqual(['rolled-back']);
  });
});

describe('a rotation that never promotes', () => {
  it('is abandoned: its pending credential is discarded and the labels are clean', async () => {
    house.entry.timings.promotionSeconds = 0;
    const old = await currentValue();
    const dead = new KeyturnError('AwsUnavailable', 'the function died');
    // finishSecret starts the rollout and dies before it moves a label, each time.
    house.parts.ensureRollout = ((ensure) => async (ref) => {
      await ensure(ref);
      throw dead;
    })(house.parts.ensureRollout);
    const versionId = await house.start();
    expect(await house.rolloutOf(versionId)).toMatchObject({ status: 'FAILED', error: 'RotationAbandoned' });
    expect(house.target.accepts(old)).toBe(true);
    expect(house.target.accounts.size).toBe(1);
    const labels = await house.labelsOf();
    expect([labels['AWSPENDING'], labels['KEYTURN_RETIRING']]).toEqual([undefined, undefined]);
    expect(house.records).toMatchObject([
      {
        result: 'abandoned',
        failure: {
          code: 'RotationAbandoned',
          message: expect.stringMatching(/its credential app_clone was discarded$/),
        },
      },
    ]);
  });
});

it('a rotation that was given up before it stored a value is abandoned: nothing had been made', async () => {
  house.entry.timings.promotionSeconds = 0;
  house.beforeInvoke = (_, { Step }) => {
    if (Step) throw new KeyturnError('AwsUnavailable', 'the function died');
  };
  const versionId = await house.start();
  await vi.waitFor(() => expect(house.isRotating()).toBe(false));
  await house.parts.ensureRollout({ secretArn: house.secretArn, versionId });
  expect(await house.rolloutOf(versionId)).toMatchObject({ error: 'RotationAbandoned' });
  expect(house.records[0]?.failure?.message).toBe('the rotation never promoted; it had made no credential');
  house.beforeInvoke = () => undefined;
  expect((await house.turn()).status).toBe('SUCCEEDED');
});

describe('views', () => {
  beforeEach(async () => {
    await house.close();
    house = await buildHouse({
      entry: {
        views: [
          { secret: 'house/URL', template: 'db://{name}:{password:url}@{host}' },
          { secret: 'house/NAME', template: '{name}' },
        ],
      },
    });
  });
  const view = async (secret: string) => (await house.store.read(secret, { label: 'AWSCURRENT' })).reveal();

  it('are written before the first consumer is refreshed', async () => {
    const seen: string[] = [];
    house.beforeInvoke = async (_, payload) => {
      if (payload.op === 'refresh' && seen.length === 0) seen.push(await view('house/NAME'), await view('house/URL'));
    };
    await house.turn();
    expect(seen[0]).toBe('app_clone');
    expect(seen[1]).toMatch(/^db:\/\/app_clone:pass%2F[0-9a-f-]+@memory\.internal$/);
  });

  it('are named to the consumers, which could pin one of them', async () => {
    const named: unknown[] = [];
    house.beforeInvoke = (_, payload) => {
      const { op, version } = payload as { op?: string; version?: { views: string[] } };
      if (op === 'refresh') named.push(version?.views);
    };
    await house.turn();
    // The refresh, the look before Disable and the one after it.
    expect(named).toEqual(Array.from({ length: 3 }, () => ['house/URL', 'house/NAME']));
  });

  it('go back with the rollout, to what they were', async () => {
    const api = house.consumers.get('api');
    if (api) api.healthOf = () => (api.refreshes === 1 ? { state: 'unhealthy', reason: '500' } : { state: 'healthy' });
    await house.turn();
    expect(await view('house/URL')).toBe('before');
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(await view('house/NAME')).toBe('app_clone');
  });

  it('that somebody changed by hand hold the rollout', async () => {
    const old = await currentValue();
    let done = false;
    house.beforeInvoke = async (_, payload) => {
      if (payload.op !== 'last-use' || done) return;
      done = true;
      await house.store.put('house/URL', randomUUID(), SecretValue.of('by hand'), 'AWSCURRENT');
    };
    expect(await house.turn()).toMatchObject({ status: 'FAILED', error: 'LabelMoved' });
    expect(house.target.accepts(old)).toBe(true);
  });
});
