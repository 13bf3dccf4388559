import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import { hashOf } from '../../../lib/core/entry.ts';
import type { Evidence } from '../../../lib/core/evidence/evidence.ts';
import { performRollout, type RolloutParts } from '../../../lib/core/rollout/perform-rollout.ts';
import type { RolloutRequest } from '../../../lib/core/rollout/requests.ts';
import type { Turn } from '../../../lib/core/rollout/turn.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, consumerEntry, type House } from '../../support/house.ts';
import { codeOf } from '../rotation/begun.ts';

const N = campaignToken('monthly', 't', 'house/db');
const nowMs = 1_000_000;

let house: House;
let O: string;
let turn: Turn;
let told: string[];
let recorded: Evidence[];
let parts: RolloutParts;
/** After the promotion, with one second for every duration. */
beforeEach(async () => {
  house = await buildHouse({ entry: { views: [{ secret: 'house/url', template: 'memory://{name}' }] } });
  Object.assign(house.entry.timings, { skewSeconds: 2, coalesceSeconds: 30, gateSeconds: 20, rotationSeconds: 40 });
  O = (await house.labelsOf())['AWSCURRENT'] ?? '';
  await house.store.put(house.secretArn, N, SecretValue.of('{"name":"app_clone"}'), 'AWSCURRENT');
  await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { to: O });
  turn = { direction: 'forward', keep: N, retire: O, soakSeconds: 10, graceSeconds: 0 };
  told = [];
  recorded = [];
  parts = {
    store: house.store,
    clock: { nowMs: () => nowMs, sleep: async () => undefined },
    entryOf: async (name) => ({ ...house.entry, secret: name, views: name === 'house/db' ? house.entry.views : [] }),
    hashOf,
    functions: { 'retire:memory': 'arn:retire', 'refresh:memory': 'arn:refresh', 'probe:memory': 'arn:probe' },
    revocationOf: () => ({ destroys: true, reversible: true }),
    record: async (evidence) => {
      recorded.push(evidence);
    },
    notify: async (subject) => {
      told.push(subject);
    },
  };
});
afterEach(() => house.close());

type Op<Name extends RolloutRequest['op']> = Omit<Extract<RolloutRequest, { op: Name }>, 'op' | 'secretArn'>;
const ask = <Name extends RolloutRequest['op']>(op: Name, request: Op<Name>) =>
  performRollout({ op, secretArn: house.secretArn, ...request } as unknown as RolloutRequest, parts);
const startedBefore = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();
const labels = () => house.labelsOf();

describe('observe', () => {
  const pending = 'p'.repeat(32);
  const observe = (seconds: number, versionId = pending) =>
    ask('observe', { versionId, startedAt: startedBefore(seconds) });
  const begin = () => house.store.put(house.secretArn, pending, SecretValue.of('{}'), 'AWSPENDING');

  it('answers when to look again, and whom to ask for the revocation', async () => {
    expect(await observe(0, N)).toEqual({
      state: 'promoted',
      keep: N,
      retire: O,
      pollSeconds: 0,
      rotationSeconds: 40,
      retireFunctionArn: 'arn:retire',
      atMs: nowMs,
    });
  });

  it('waits for a promotion as long as the inventory says, and no longer', async () => {
    await begin();
    expect(await observe(60)).toMatchObject({ state: 'waiting' });
    expect(await observe(61)).toMatchObject({ state: 'expired' });
  });

  it('completes a way back that an earlier attempt began', async () => {
    await house.store.moveLabel(house.secretArn, 'AWSCURRENT', { from: N, to: O });
    expect(await observe(0, N)).toMatchObject({ state: 'went-back', keep: O, retire: N });
    expect(await labels()).toMatchObject({ AWSCURRENT: O, KEYTURN_RETIRING: N });
  });
});

describe('write-views', () => {
  it('answers from when on a task has read them, the clocks’ skew included', async () => {
    expect(await ask('write-views', { turn })).toMatchObject({ promotedAtMs: nowMs + 2_000 });
    expect((await house.labelsOf('house/url'))['AWSCURRENT']).toBe(N);
  });
});

describe('meet', () => {
  const consumer = { ...consumerEntry('api'), sharedWith: ['house/url'] };
  const meeting = (promotedAtMs: number, way = turn, who = consumer) =>
    ask('meet', { turn: way, consumer: who, promotedAtMs, waitingFor: null });

  it('waits for a companion whose rotation has not come', async () => {
    expect(await meeting(nowMs - 30_000)).toMatchObject({
      action: 'wait',
      promotedAtMs: nowMs - 30_000,
      settleSeconds: 4,
    });
  });

  it('waits no longer than the inventory says', async () => {
    expect(await meeting(nowMs - 30_001)).toMatchObject({ action: 'go' });
  });

  it('waits for nobody on the way back', async () => {
    const back: Turn = { ...turn, direction: 'back', keep: O, retire: N };
    expect(await meeting(nowMs, back)).toMatchObject({ action: 'go' });
  });

  it('leads when every companion has written what the consumer reads', async () => {
    const theirs = campaignToken('monthly', 't', 'house/zzz');
    await house.store.put('house/url', theirs, SecretValue.of('x'), 'AWSCURRENT');
    expect(await meeting(nowMs)).toMatchObject({ action: 'lead', promotedAtMs: nowMs + 4_000 });
  });

  it('reads the views of a companion by its own entry', async () => {
    const theirs = campaignToken('monthly', 't', 'house/zzz');
    await house.store.put('house/url', theirs, SecretValue.of('x'), 'AWSCURRENT');
    parts.entryOf = async (name) => ({
      ...house.entry,
      secret: name,
      views: name === 'house/url' ? [{ secret: 'house/db', template: '{x}' }] : [],
    });
    // Their view is on another version than theirs.
    expect(await meeting(nowMs)).toMatchObject({ action: 'wait' });
  });

  it('goes alone when the consumer is its own', async () => {
    expect(await meeting(nowMs, turn, consumerEntry('api'))).toMatchObject({ action: 'go' });
  });
});

describe('check-plan', () => {
  const check = (entryHash = hashOf(house.entry), way = turn) => ask('check-plan', { turn: way, entryHash });
  beforeEach(async () => {
    await ask('write-views', { turn });
  });

  it('passes what is as planned', async () => {
    expect(await check()).toEqual({ atMs: nowMs });
  });

  it('refuses an entry that changed', async () => {
    expect(await codeOf(check('another'))).toBe('InventoryChanged');
  });

  it('refuses a label that moved', async () => {
    await house.store.moveLabel(house.secretArn, 'AWSCURRENT', { from: N, to: O });
    expect(await codeOf(check())).toBe('CurrentMoved');
  });

  it('refuses a view with another value, and on the way back does not ask', async () => {
    await house.store.put('house/url', 'x'.repeat(32), SecretValue.of('by hand'), 'AWSCURRENT');
    expect(await codeOf(check())).toBe('LabelMoved');
    await ask('move-back', { turn });
    expect(await codeOf(check(undefined, { ...turn, direction: 'back', keep: O, retire: N }))).toBe('no error');
  });
});

describe('await-gate', () => {
  it('waits for the soak and the gate’s own time, and no longer', async () => {
    const wait = (seconds: number) =>
      ask('await-gate', { reason: 'app has a session', sinceMs: nowMs - seconds * 1000, soakSeconds: 10 });
    expect(await wait(30)).toEqual({ atMs: nowMs });
    await expect(wait(30.001)).rejects.toMatchObject({
      code: 'GateClosed',
      message: expect.stringContaining('app has a session'),
    });
  });
});

it('converged tells when', async () => {
  expect(await ask('converged', {})).toEqual({ atMs: nowMs });
});

describe('end-abandoned', () => {
  const A = 'a'.repeat(32);
  const end = () => ask('end-abandoned', { versionId: A });
  beforeEach(async () => {
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { from: O, to: N });
  });

  it('takes the retiring label from AWSCURRENT', async () => {
    await end();
    expect((await labels())['KEYTURN_RETIRING']).toBeUndefined();
  });

  it('leaves it to the next rotation, which has a value', async () => {
    await house.store.put(house.secretArn, A, SecretValue.of('{"name":"third"}'), 'AWSPENDING');
    await end();
    expect((await labels())['KEYTURN_RETIRING']).toBe(N);
  });

  it('takes it when the pending label stayed on AWSCURRENT', async () => {
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { to: N });
    await end();
    expect((await labels())['KEYTURN_RETIRING']).toBeUndefined();
  });

  it('leaves one that is on another version', async () => {
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { from: N, to: O });
    await end();
    expect((await labels())['KEYTURN_RETIRING']).toBe(O);
  });
});

describe('strip-pending and close', () => {
  it('take a label from their version only', async () => {
    const A = 'a'.repeat(32);
    await house.store.put(house.secretArn, A, SecretValue.of('{}'), 'AWSPENDING');
    await ask('strip-pending', { versionId: N });
    expect((await labels())['AWSPENDING']).toBe(A);
    await ask('strip-pending', { versionId: A });
    expect((await labels())['AWSPENDING']).toBeUndefined();
    await ask('close', { turn: { ...turn, retire: N } });
    expect((await labels())['KEYTURN_RETIRING']).toBe(O);
    await ask('close', { turn });
    expect((await labels())['KEYTURN_RETIRING']).toBeUndefined();
  });
});

describe('record', () => {
  it.each(['retired', 'rolled-back', 'held', 'abandoned'] as const)(
    'tells the operators of %s unless it went well',
    async (result) => {
      const state = { secretArn: house.secretArn, versionId: N, attempt: 1 };
      await performRollout({ op: 'record', result, state }, parts);
      expect(recorded).toMatchObject([{ result, secret: 'house/db', recordedAt: new Date(nowMs).toISOString() }]);
      expect(told).toEqual(result === 'retired' ? [] : [`Keyturn: house/db was ${result}`]);
    },
  );
});

describe('move-back', () => {
  it('refuses when AWSCURRENT is on a third version', async () => {
    await house.store.put(house.secretArn, 'x'.repeat(32), SecretValue.of('{}'), 'AWSCURRENT');
    expect(await codeOf(ask('move-back', { turn }))).toBe('CurrentMoved');
    expect((await labels())['KEYTURN_RETIRING']).toBe(O);
  });

  it('strips AWSPENDING of the version that failed only', async () => {
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { to: N });
    await ask('move-back', { turn });
    expect(await labels()).toEqual({ AWSCURRENT: O, AWSPREVIOUS: N, KEYTURN_RETIRING: N });
    await ask('move-back', { turn });
    expect(await labels()).toEqual({ AWSCURRENT: O, AWSPREVIOUS: N, KEYTURN_RETIRING: N });
  });
});
