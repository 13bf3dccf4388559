import { describe, expect, it } from 'vitest';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import type { Consumer } from '../../../lib/core/consumer.ts';
import type { SecretState } from '../../../lib/core/ports.ts';
import { tallyUp } from '../../../lib/core/rollout/health.ts';
import { performRefresh } from '../../../lib/core/rollout/perform-refresh.ts';
import { consumersHealthy } from '../../../lib/core/rollout/phase.ts';
import { makePlan } from '../../../lib/core/rollout/plan.ts';
import { observePromotion } from '../../../lib/core/rollout/promotion.ts';
import { type Companion, meet } from '../../../lib/core/rollout/rendezvous.ts';
import { standingOf } from '../../../lib/core/rollout/standing.ts';
import { isManaged } from '../../../lib/core/rollout/unmanaged.ts';
import { watchLabel } from '../../../lib/core/rollout/watch-label.ts';
import { type Known, openTurn, wayOut } from '../../../lib/core/rollout/way-out.ts';
import { consumerEntry } from '../../support/house.ts';
import { stateOf } from './states.ts';

const C = 'AWSCURRENT';
const P = 'AWSPREVIOUS';
const N = 'AWSPENDING';
const R = 'KEYTURN_RETIRING';

describe('the promotion', () => {
  const seen = (versions: Record<string, string[]>, waited = 0) => observePromotion(stateOf(versions), 'n', waited, 60);

  it.each<[string, Record<string, string[]>, number, object]>([
    ['its pending label is gone', { o: [C] }, 0, { state: 'expired' }],
    ['its time is exactly over', { o: [C], n: [N] }, 60, { state: 'waiting' }],
    ['it was current, and no version retires', { o: [C], n: [P] }, 0, { state: 'expired' }],
    ['it was current, and a third version retires', { o: [C], n: [P], x: [R] }, 0, { state: 'expired' }],
    ['it was current, and is pending again', { o: [C, R], n: [P, N] }, 0, { state: 'waiting' }],
    [
      'it was current, and its predecessor still retires',
      { o: [C, R], n: [P] },
      0,
      { state: 'went-back', keep: 'o', retire: 'n' },
    ],
    ['it retires', { o: [C], n: [R, N] }, 0, { state: 'went-back', keep: 'o', retire: 'n' }],
    ['it retires, and no version is current', { n: [R, N] }, 0, { state: 'waiting' }],
    ['it is pending beside its retiring predecessor', { o: [C, R], n: [N] }, 0, { state: 'waiting' }],
  ])('when %s', (_, versions, waited, expected) => {
    expect(seen(versions, waited)).toMatchObject(expected);
  });

  it.each([
    ['nothing retires', { o: [P], n: [C] }],
    ['it retires itself', { o: [P], n: [C, R] }],
  ])('of a current version is somebody’s doing when %s', (_, versions) => {
    expect(() => seen(versions)).toThrow(expect.objectContaining({ code: 'CurrentMoved' }));
  });
});

describe('secrets of one campaign that share a consumer', () => {
  const tokenOf = (secret: string) => campaignToken('monthly', 't', secret);
  const companion = (name: string, labels: string[], views: SecretState[] = []): Companion => ({
    state: stateOf({ [tokenOf(name)]: labels }, name),
    views,
  });
  const meeting = (companions: Companion[], more: object = {}) =>
    meet({
      secret: 'm',
      versionId: tokenOf('m'),
      companions,
      waitedSeconds: 30,
      coalesceSeconds: 30,
      nowMs: 1_000,
      skewSeconds: 2,
      ...more,
    });

  it('say for whom they wait', () => {
    expect(meeting([companion('a', [N]), companion('b', [C]), companion('c', [N])])).toEqual({
      action: 'wait',
      reason: 'waiting for a, c',
      waitingFor: 'a',
    });
  });

  it.each<[string, Companion[], string]>([
    ['one of them comes before by name', [companion('a', [C]), companion('z', [C])], 'follow'],
    ['all others come after it', [companion('n', [C])], 'lead'],
    ['it is named among them', [companion('m', [C])], 'lead'],
    ['the others take no part', [companion('a', [R]), companion('b', [P])], 'go'],
    ['one takes no part', [companion('a', [P]), companion('z', [C])], 'lead'],
    [
      'a view is not written yet',
      [companion('a', [C], [stateOf({ x: [C] }, 'v'), stateOf({ [tokenOf('a')]: [C] }, 'w')])],
      'wait',
    ],
    ['every view is written', [companion('z', [C], [stateOf({ [tokenOf('z')]: [C] }, 'v')])], 'lead'],
  ])('when %s', (_, companions, action) => {
    expect(meeting(companions).action).toBe(action);
  });

  it('wait for nobody when the rotation is of no campaign', () => {
    expect(meeting([companion('a', [N])], { versionId: 'v'.repeat(36) })).toEqual({ action: 'go' });
  });
});

describe('the way out', () => {
  const known = (versions: Record<string, string[]>, more: Partial<Known> = {}): Known => ({
    state: stateOf(versions),
    dates: Object.fromEntries(Object.keys(versions).map((id) => [id, 1000 * id.charCodeAt(0)])),
    attempts: {},
    last: undefined,
    promotionSeconds: 60,
    nowMs: 100_000,
    ...more,
  });

  it.each<[string, Known, object]>([
    [
      'a hold whose rollout is forgotten goes forward, when what retires was current before it',
      known({ a: [P, R], b: [C] }),
      { action: 'roll-forward', versionId: 'b' },
    ],
    [
      'a hold without a previous version goes forward',
      known({ a: [R], b: [C] }),
      { action: 'roll-forward', versionId: 'b' },
    ],
    [
      'a hold on the way back whose rollout is forgotten goes back',
      known({ a: [C], b: [R], c: [P] }),
      { action: 'go-back', versionId: 'b' },
    ],
    [
      'a hold whose own rollout failed goes forward, wherever the previous label is',
      known({ a: [R], b: [C], x: [P] }, { attempts: { b: 'FAILED' } }),
      { action: 'roll-forward', versionId: 'b' },
    ],
    [
      'a pending label on what retires is nobody else’s, wherever the previous label is',
      known({ a: [C], b: [R, N], c: [P] }, { attempts: { b: 'FAILED' } }),
      { action: 'go-back', versionId: 'b' },
    ],
    [
      'a pending label that stayed on what retires is nobody else’s',
      known({ a: [C], b: [P, R, N] }, { attempts: { b: 'FAILED' } }),
      { action: 'go-back', versionId: 'b' },
    ],
    [
      'nor one that stayed on the previous version',
      known({ a: [P, N], b: [C], x: [R] }, { attempts: { x: 'FAILED' } }),
      { action: 'go-back', versionId: 'x' },
    ],
    [
      'a previous version whose rollout ended well was not moved back from',
      known({ a: [C, R], b: [P] }, { attempts: { b: 'SUCCEEDED' } }),
      { action: 'decide' },
    ],
    [
      'a previous version that was rolled back and recorded is done with',
      known({ a: [C, R], b: [P] }, { attempts: { b: 'FAILED' }, last: { versionId: 'b', result: 'rolled-back' } }),
      { action: 'decide' },
    ],
    [
      'a previous version that was held is gone back from',
      known({ a: [C, R], b: [P] }, { attempts: { b: 'FAILED' }, last: { versionId: 'b', result: 'held' } }),
      { action: 'go-back', versionId: 'b' },
    ],
    [
      'a newer rotation that was held without a label ends first',
      known({ a: [C, R], b: [P] }, { attempts: { b: 'FAILED' }, last: { versionId: 'x', result: 'held' } }),
      { action: 'end-rotation', versionId: 'x' },
    ],
    [
      'a young rotation whose rollout failed is ended',
      known({ a: [C], b: [N] }, { attempts: { b: 'FAILED' } }),
      { action: 'end-rotation', versionId: 'b' },
    ],
    ['a rotation of unknown age is left alone', known({ a: [C], b: [N] }, { dates: {} }), { action: 'nothing' }],
    [
      'a rotation is late after its time and not at its end',
      known({ a: [C], b: [N] }, { nowMs: 98_000 + 60_000 }),
      { action: 'nothing' },
    ],
    ['nothing came by hand when previous is current', known({ a: [C, P] }), { action: 'nothing' }],
    [
      'what was made at the same instant is not older',
      known({ a: [P], b: [C] }, { dates: { a: 5, b: 5 } }),
      { action: 'roll-out', versionId: 'b', retire: 'a' },
    ],
    [
      'a record of another result than retired does not settle it',
      known({ a: [P], b: [C] }, { last: { versionId: 'b', result: 'held' } }),
      { action: 'roll-out', versionId: 'b' },
    ],
    [
      'nor does one of another version',
      known({ a: [P], b: [C] }, { last: { versionId: 'a', result: 'retired' } }),
      { action: 'roll-out', versionId: 'b' },
    ],
    [
      'an older current version after a retirement is a human’s to judge',
      known({ a: [C], b: [P] }, { last: { versionId: 'b', result: 'retired' } }),
      { action: 'decide' },
    ],
    [
      'an older current version after another one went back too',
      known({ a: [C], b: [P] }, { last: { versionId: 'x', result: 'rolled-back' } }),
      { action: 'decide' },
    ],
  ])('%s', (_, seen, way) => {
    expect(wayOut(seen)).toMatchObject(way);
  });

  it.each([
    ['no version is current', { a: [R] }],
    ['no version is retiring', { a: [C] }],
  ])('there is no open turn when %s', (_, versions) => {
    expect(openTurn(stateOf(versions), {})).toBeUndefined();
  });

  it('versions of one instant are on the way forward', () => {
    expect(openTurn(stateOf({ a: [R], b: [C] }), {})).toEqual({ versionId: 'b', goingBack: false, retire: 'a' });
  });
});

describe('where a secret stands', () => {
  it.each([
    ['held', { o: [P, R], n: [C] }],
    ['rotating', { o: [C], n: [N] }],
    ['idle', { o: [P], n: [C] }],
  ])('%s, it does not go back', (phase, versions) => {
    expect(standingOf(stateOf(versions), undefined)).toMatchObject({ phase, goingBack: false });
  });

  it('no consumer is healthy before anything is known', () => {
    expect([consumersHealthy(undefined), consumersHealthy('soaking'), consumersHealthy('going back')]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('a refresh', () => {
  const version = { secretArn: 's', versionId: 'v', views: [], promotedAtMs: 1 };
  const clock = { nowMs: () => 10_000, sleep: async () => undefined };
  const consumerWith = (adopted: boolean, started: unknown[]): Consumer => ({
    facts: { id: 'memory', title: 'memory', parseConfig: (config) => config, needs: () => [], network: false },
    adopt: async (_, wanted) => (adopted ? { ...wanted, adopted } : undefined),
    async start(_, wanted) {
      started.push(wanted);
      return { ...wanted };
    },
    progress: async () => ({ state: 'pending', detail: '1 of 2' }),
  });
  const refresh = (mayStart: boolean, adopted: boolean, started: unknown[] = []) =>
    performRefresh(
      { op: 'refresh', consumer: consumerEntry('api'), version, mayStart },
      { consumer: consumerWith(adopted, started), clock },
    );

  it('has from its start until its deadline', async () => {
    const started: unknown[] = [];
    const ticket = { ...version, deadlineAtMs: 70_000 };
    expect(await refresh(true, false, started)).toEqual({ state: 'refreshing', ticket });
    expect(started).toEqual([ticket]);
  });

  it('adopts what is under way and starts nothing', async () => {
    const started: unknown[] = [];
    expect(await refresh(true, true, started)).toMatchObject({ state: 'refreshing', ticket: { adopted: true } });
    expect(started).toEqual([]);
  });

  it('starts nothing where it may not', async () => {
    const started: unknown[] = [];
    expect(await refresh(false, false, started)).toEqual({ state: 'none' });
    expect(started).toEqual([]);
  });

  it('tells how far it is, and when', async () => {
    const ticket = { ...version, deadlineAtMs: 70_000 };
    const request = { op: 'progress' as const, consumer: consumerEntry('api'), ticket };
    expect(await performRefresh(request, { consumer: consumerWith(false, []), clock })).toEqual({
      state: 'pending',
      detail: '1 of 2',
      atMs: 10_000,
    });
  });
});

it('a count of healthy answers says how many there are, and an unhealthy one why', () => {
  const needed = { successes: 3, deadlineSeconds: 10 };
  expect(tallyUp({ state: 'healthy' }, { successes: 1, startedAtMs: 0 }, 1, needed)).toMatchObject({
    state: 'probing',
    reason: '2 of 3 healthy answers',
  });
  expect(tallyUp({ state: 'unhealthy', reason: '503' }, undefined, 1, needed)).toMatchObject({ reason: '503' });
});

it('a plan without a function to carry it out is none', () => {
  const entry = { kind: 'memory', waves: [] } as never;
  expect(() => makePlan(entry, 'h', { destroys: true, reversible: true }, {})).toThrow(/retire:memory/);
});

describe('a label that moved', () => {
  it('onto the version that was previous too alarms nobody', async () => {
    const event = { secretArn: 'arn', versionId: 'n' };
    expect(await isManaged(event, stateOf({ n: [C, P] }), async () => undefined)).toBe(true);
    expect(await isManaged(event, stateOf({ n: [C], o: [P] }), async () => undefined)).toBe(false);
  });

  const watch = async (labelUpdated: string, versions: Record<string, string[]>, inventoried = true) => {
    const alarms: string[] = [];
    await watchLabel(
      { resources: ['arn:aws:secretsmanager:r:1:secret:house/db-AbCdEf'], detail: { labelUpdated, versionId: 'n' } },
      {
        store: { describe: async () => stateOf(versions) } as never,
        isInventoried: async (secret) => inventoried && secret === 'house/db',
        rolloutOf: async () => undefined,
        alarm: async ({ code }) => {
          alarms.push(code);
        },
      },
    );
    return alarms;
  };
  it.each<[string, string, Record<string, string[]>, boolean, string[]]>([
    ['is told', C, { n: [C], o: [P] }, true, ['UnmanagedPromotion']],
    ['is another label’s matter', N, { n: [C], o: [P] }, true, []],
    ['is of no inventoried secret', C, { n: [C], o: [P] }, false, []],
    ['has moved on since', C, { x: [C], n: [P], o: [] }, true, []],
    ['has moved on twice since', C, { x: [C], o: [P], n: [] }, true, []],
  ])('%s', async (_, label, versions, inventoried, alarms) => {
    expect(await watch(label, versions, inventoried)).toEqual(alarms);
  });
});
