import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CampaignParts, judge, performCampaign } from '../../../lib/core/campaign/perform-campaign.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { begun, codeOf } from '../rotation/begun.ts';

const token = 't'.repeat(32);
let house: House;
let parts: CampaignParts;
let nowMs: number;
let asked: unknown[];
beforeEach(async () => {
  house = await buildHouse({ rotationAttempts: 1 });
  house.entry.timings.pollSeconds = 7;
  house.entry.timings.rotationSeconds = 40;
  nowMs = 0;
  asked = [];
  parts = {
    store: house.store,
    clock: { nowMs: () => nowMs, sleep: async () => undefined },
    entries: async () => ['b', 'c', 'a'].map((secret) => ({ ...house.entry, secret })),
    entryOf: async () => house.entry,
    rotate: async (secret, version) => {
      asked.push(secret, version);
    },
    suppliedAt: () => undefined,
    notify: async () => undefined,
    rolloutOf: async (ref) => {
      asked.push(ref);
      return { status: 'RUNNING', phase: 'soaking' };
    },
  };
});
afterEach(() => house.close());

const look = (startedAtMs: number, which = token) =>
  performCampaign({ op: 'look', secret: 'house/db', token: which, startedAtMs }, parts);
const start = (which = token) => performCampaign({ op: 'start', secret: 'house/db', token: which }, parts);

it('a campaign goes through its secrets by name', async () => {
  const { rest } = (await performCampaign({ op: 'plan', policy: 'monthly', scheduledTime: 't' }, parts)) as {
    rest: { secret: string }[][];
  };
  expect(rest.flat().map(({ secret }) => secret)).toEqual(['a', 'b', 'c']);
});

describe('start', () => {
  it('rotates and says so', async () => {
    expect(await start()).toEqual({ state: 'started', reason: 'started' });
    expect(asked).toEqual(['house/db', token]);
  });

  it('skips a secret with a rotation in progress', async () => {
    await begun(house);
    expect(await start()).toEqual({ state: 'skipped', reason: 'a rotation is in progress' });
    expect(asked).toEqual([]);
  });

  it('does not take a pending label that stayed on current for one', async () => {
    const { AWSCURRENT: to = '' } = await house.labelsOf();
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { to });
    expect(await start()).toMatchObject({ state: 'started', reason: 'started' });
  });

  it('sends no token again that a version has, or had', async () => {
    const version = await begun(house);
    expect(await start(version)).toMatchObject({ reason: 'was started before' });
    await house.step('createSecret', version);
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: version });
    expect(await start(version)).toMatchObject({ reason: 'was started before' });
    expect(asked).toEqual([]);
  });
});

describe('look', () => {
  it('answers where the rotation stands, and when to look again', async () => {
    const { AWSCURRENT: current = '' } = await house.labelsOf();
    expect(await look(0, current)).toEqual({ state: 'turned', reason: 'its consumers are healthy', pollSeconds: 7 });
    expect(asked).toEqual([{ secretArn: house.secretArn, versionId: current }]);
  });

  it('gives a rotation the time of its promotion and of its function', async () => {
    parts.rolloutOf = async () => undefined;
    nowMs = 500_000;
    expect(await look(nowMs - 100_000)).toMatchObject({ state: 'turning' });
    expect(await look(nowMs - 100_001)).toMatchObject({ state: 'failed' });
  });
});

it('a report names every rotation that failed', async () => {
  const outcomes = ['a', 'b'].map((secret) => ({ secret, outcome: 'failed' as const, reason: 'held' }));
  const report = performCampaign({ op: 'report', policy: 'monthly', outcomes }, parts);
  await expect(report).rejects.toThrow(/2 of 2 rotations failed.*: a \(held\); b \(held\)/);
  expect(await codeOf(performCampaign({ op: 'report', policy: 'monthly', outcomes: [] }, parts))).toBe('no error');
});

describe('what is seen of one rotation', () => {
  const seen = (held: string[], late: boolean, rollout: Parameters<typeof judge>[3]) =>
    judge(
      { arn: 'a', name: 'n', rotationEnabled: true, versions: { [token]: held }, tags: {}, lastChangedAtMs: undefined },
      token,
      late,
      rollout,
    ).state;
  it.each([
    ['promoted, and its rollout not seen yet', ['AWSCURRENT'], false, undefined, 'turning'],
    [
      'promoted, and its rollout in no phase yet',
      ['AWSCURRENT'],
      false,
      { status: 'RUNNING', phase: undefined },
      'turning',
    ],
    ['pending, and late', ['AWSPENDING'], true, { status: 'RUNNING', phase: 'awaiting promotion' }, 'failed'],
    [
      'pending, and its rollout waits',
      ['AWSPENDING'],
      false,
      { status: 'RUNNING', phase: 'awaiting promotion' },
      'turning',
    ],
    ['superseded', ['AWSPREVIOUS'], false, undefined, 'failed'],
    ['without a label, and rolled out', [], false, { status: 'RUNNING', phase: 'going back' }, 'failed'],
  ] as const)('%s', (_, held, late, rollout, state) => {
    expect(seen([...held], late, rollout)).toBe(state);
  });
});
