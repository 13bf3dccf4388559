import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupsOf, wholeGroups } from '../../../lib/core/campaign/groups.ts';
import { type CampaignParts, judge, performCampaign } from '../../../lib/core/campaign/perform-campaign.ts';
import { CampaignRequest, type Outcome } from '../../../lib/core/campaign/requests.ts';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import type { SecretState } from '../../../lib/core/ports.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { campaignDefinition } from '../../../lib/infra/definitions/campaign.ts';
import { realClock } from '../../support/clocks.ts';
import { arn, buildHouse, type House } from '../../support/house.ts';

let house: House;
let parts: CampaignParts;
let rotated: string[];
let told: string[];
beforeEach(async () => {
  house = await buildHouse();
  rotated = [];
  told = [];
  parts = {
    store: house.store,
    clock: { nowMs: () => 0, sleep: async () => undefined },
    entries: async () => [house.entry, { ...house.entry, secret: 'other', policy: 'quarterly' }],
    entryOf: async () => house.entry,
    async rotate(_, token) {
      rotated.push(token);
      await house.start(token);
    },
    suppliedAt: () => undefined,
    async notify(subject, message) {
      told.push(subject, JSON.stringify(message));
    },
    rolloutOf: async () => undefined,
  };
});
afterEach(() => house.close());

const scheduledTime = '2026-12-01T03:00:00Z';
const token = campaignToken('monthly', scheduledTime, 'house/db');
const start = () => performCampaign({ op: 'start', secret: 'house/db', token }, parts);

describe('a campaign', () => {
  it('has the secrets of its policy, each with a token of its own', async () => {
    expect(await performCampaign({ op: 'plan', policy: 'monthly', scheduledTime }, parts)).toEqual({
      rest: [{ secret: 'house/db', token, group: 0 }],
      outcomes: [],
      toleratedFailures: 0,
    });
  });

  it('that is delivered twice rotates nothing twice, not even after the first has ended', async () => {
    await start();
    expect((await house.rolloutOf(token)).status).toBe('SUCCEEDED');
    expect(await start()).toMatchObject({ state: 'started', reason: 'was started before' });
    expect(rotated).toEqual([token]);
  });

  it('skips a secret whose last rollout is still open', async () => {
    house.target.inUse.add('app');
    expect((await house.turn()).error).toBe('GateClosed');
    expect(await start()).toMatchObject({ state: 'skipped', reason: 'its last rollout is still open' });
    expect(rotated).toEqual([]);
  });

  it.each([
    ['none tolerated and none failed', 0, [], ['b', 'c'], 'going'],
    ['none tolerated and one failed', 0, ['failed'], [], 'over'],
    ['one tolerated and one failed', 1, ['failed', 'turned'], ['b', 'c'], 'going'],
    ['one tolerated and two failed', 1, ['failed', 'failed'], [], 'over'],
  ] as const)(
    'starts its next rotations, or no further one, with %s',
    async (_, toleratedFailures, ended, started, state) => {
      const items = ['b', 'c', 'd'].map((secret, group) => ({ secret, token, group }));
      const outcome = (which: 'failed' | 'turned') => ({ secret: 'a', outcome: which, reason: 'r' });
      const batches = { rest: items, outcomes: [], ended: ended.map(outcome), toleratedFailures, batchSize: 2 };
      const answer = (await performCampaign({ op: 'next', ...batches }, parts)) as {
        batch: { secret: string }[];
        outcomes: { secret: string }[];
      };
      expect(answer).toMatchObject({ state });
      expect(answer.batch.map(({ secret }) => secret)).toEqual(started);
      const left = answer.outcomes.slice(ended.length).map(({ secret }) => secret);
      expect(left).toEqual(state === 'over' ? ['b', 'c', 'd'] : []);
    },
  );

  it('is over once nothing is left to start', async () => {
    const batches = { rest: [], outcomes: [], ended: [], toleratedFailures: 0, batchSize: 2 };
    expect(await performCampaign({ op: 'next', ...batches }, parts)).toMatchObject({ state: 'over', batch: [] });
  });

  it('starts secrets that share consumers in one batch, however many they are, and none of another group with them', async () => {
    const items = ['a', 'b', 'c', 'd', 'e'].map((secret, at) => ({ secret, token, group: at < 3 ? 0 : at }));
    expect(wholeGroups(items, 2).map(({ secret }) => secret)).toEqual(['a', 'b', 'c']);
    expect(wholeGroups(items, 4).map(({ secret }) => secret)).toEqual(['a', 'b', 'c', 'd']);
    expect(wholeGroups(items.slice(3), 1).map(({ secret }) => secret)).toEqual(['d']);
    expect(wholeGroups([], 2)).toEqual([]);
  });

  it('has its secrets in groups that share consumers, directly or by way of others', () => {
    const uses = (secret: string, ...consumers: string[]) => {
      const [consumer] = house.entry.waves.flat();
      if (consumer === undefined) throw new Error('the house has no consumer');
      return { ...house.entry, secret, waves: [consumers.map((name) => ({ ...consumer, name }))] };
    };
    const entries = [uses('d', 'w'), uses('c', 'x', 'y'), uses('a', 'x'), uses('b', 'z'), uses('e', 'y', 'v')];
    expect(groupsOf(entries)).toEqual([['a', 'c', 'e'], ['b'], ['d']]);
    expect(groupsOf([uses('a'), uses('b')])).toEqual([['a'], ['b']]);
  });

  it('fails by name when one of its rotations failed, and only then', async () => {
    const report = (outcome: Outcome['outcome']) =>
      performCampaign({ op: 'report', policy: 'monthly', outcomes: [{ secret: 's', outcome, reason: 'held' }] }, parts);
    expect(await report('turned')).toEqual({ turned: 1, skipped: 0, waiting: 0 });
    expect(await report('skipped')).toEqual({ turned: 0, skipped: 1, waiting: 0 });
    expect(told).toEqual([]);
    await expect(report('failed')).rejects.toMatchObject({
      code: 'CampaignFailed',
      message: expect.stringContaining('s (held)'),
    });
  });
});

describe('the campaign’s machine', () => {
  const run = async (toleratedFailures: number) => {
    const names = ['a', 'b', 'c', 'house/db'];
    const started: string[] = [];
    const { store } = house;
    parts = {
      ...parts,
      clock: realClock,
      store: { ...store, describe: (name) => store.describe(name === 'house/db' ? name : 'missing') },
      // No consumer is shared.
      entries: async () => names.map((secret) => ({ ...house.entry, secret, toleratedFailures, waves: [] })),
      rolloutOf: async () => ({ status: 'SUCCEEDED', phase: undefined }),
    };
    house.functions['campaign'] = async (payload) => {
      const request = CampaignRequest.parse(payload);
      if (request.op === 'start') started.push(request.secret);
      return performCampaign(request, parts);
    };
    const { world, states } = house;
    const definition = campaignDefinition({ campaignFunctionArn: arn('campaign'), batchSize: 2 });
    states.create({
      name: 'campaign',
      roleArn: `arn:aws:iam::${world.accountId}:role/machine`,
      definition: JSON.stringify(definition).replaceAll(/"IntervalSeconds":\d+/g, '"IntervalSeconds":0'),
    });
    const { executionArn } = (await world.perform(world.identities.rootPrincipal, 'states', 'StartExecution', {
      stateMachineArn: `arn:aws:states:${world.region}:${world.accountId}:stateMachine:campaign`,
      input: JSON.stringify({ policy: 'monthly', scheduledTime }),
    })) as { executionArn: string };
    await states.closed(executionArn);
    const ended = (await world.perform(world.identities.rootPrincipal, 'states', 'DescribeExecution', {
      executionArn,
    })) as { status: string; error?: string; cause?: string };
    return { started, ended };
  };

  it('starts no further batch once more have failed than are tolerated', async () => {
    const { started, ended } = await run(0);
    expect(started.sort()).toEqual(['a', 'b']);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'CampaignFailed' });
    expect(ended.cause).toContain(
      '2 of 4 rotations failed, 2 were not started: a (SecretNotFound); b (SecretNotFound)',
    );
    expect(rotated).toEqual([]);
  });

  it('goes on to its end while the failures are tolerated, and still says who failed', async () => {
    const { started, ended } = await run(3);
    expect(started.sort()).toEqual(['a', 'b', 'c', 'house/db']);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'CampaignFailed' });
    expect(ended.cause).toContain('3 of 4 rotations failed, 0 were not started');
    expect(rotated).toEqual([token]);
  });
});

describe('a campaign of a secret whose values a human brings', () => {
  const day = 86_400_000;
  beforeEach(() => {
    parts.suppliedAt = () => 'https://console.example/keys';
    parts.clock = { nowMs: () => day, sleep: async () => undefined };
  });
  const waiting = (since: string) => ({
    state: 'waiting',
    reason: `waiting for a value since ${since}: make one at https://console.example/keys, then run keyturn supply house/db`,
  });

  it('starts nothing without one, and says since when it waits, the next campaign too', async () => {
    expect(await start()).toEqual(waiting('1970-01-02T00:00:00.000Z'));
    parts.clock = { ...parts.clock, nowMs: () => 31 * day };
    expect(await start()).toEqual(waiting('1970-01-02T00:00:00.000Z'));
    expect(rotated).toEqual([]);
  });

  it('goes on saying since when, however many campaigns wait', async () => {
    for (const at of [1, 31, 61, 91]) {
      parts.clock = { ...parts.clock, nowMs: () => at * day };
      expect(await start()).toEqual(waiting('1970-01-02T00:00:00.000Z'));
    }
  });

  it('waits anew after a promotion', async () => {
    await start();
    expect((await house.turn()).status).toBe('SUCCEEDED');
    parts.clock = { ...parts.clock, nowMs: () => 31 * day };
    expect(await start()).toEqual(waiting('1970-02-01T00:00:00.000Z'));
  });

  it('rotates when one waits', async () => {
    await start();
    await house.store.put(house.secretArn, randomUUID(), SecretValue.of('{"value":"new"}'), 'KEYTURN_SUPPLIED');
    expect(await start()).toMatchObject({ state: 'started' });
    expect(rotated).toEqual([token]);
  });

  it('tells the operators once, and is no failure', async () => {
    const outcomes = ['a', 'b'].map((secret) => ({ secret, outcome: 'waiting' as const, reason: 'waiting since' }));
    expect(await performCampaign({ op: 'report', policy: 'monthly', outcomes }, parts)).toEqual({
      turned: 0,
      skipped: 0,
      waiting: 2,
    });
    const secrets = ['a', 'b'].map((secret) => ({ secret, reason: 'waiting since' }));
    expect(told).toEqual([
      'Keyturn: 2 of policy monthly wait for a value',
      JSON.stringify({ schema: 1, policy: 'monthly', secrets }),
    ]);
  });
});

describe('what a campaign sees of one rotation', () => {
  const secret = (versions: Record<string, string[]>): SecretState => ({
    arn: 'a',
    name: 'n',
    rotationEnabled: true,
    versions,
    tags: {},
    lastChangedAtMs: undefined,
  });

  it.each([
    ['not begun yet', {}, undefined, 'turning'],
    ['in the four steps', { t: ['AWSPENDING'] }, undefined, 'turning'],
    [
      'promoted, its consumers not yet healthy',
      { t: ['AWSCURRENT'] },
      { status: 'RUNNING', phase: 'refreshing consumers' },
      'turning',
    ],
    [
      'promoted, its consumers healthy: the slot is free',
      { t: ['AWSCURRENT'] },
      { status: 'RUNNING', phase: 'soaking' },
      'turned',
    ],
    ['retired', { t: ['AWSCURRENT'] }, { status: 'SUCCEEDED', phase: undefined }, 'turned'],
    ['held', { t: ['AWSCURRENT'] }, { status: 'FAILED', phase: undefined }, 'failed'],
    ['gone back', { t: ['KEYTURN_RETIRING'] }, { status: 'RUNNING', phase: 'going back' }, 'failed'],
    ['gone back and over', {}, { status: 'FAILED', phase: undefined }, 'failed'],
  ] as const)('%s', (_, versions, rollout, expected) => {
    expect(judge(secret(versions as never), 't', false, rollout as never).state).toBe(expected);
  });

  it('gives up on one that does not promote in time', () => {
    expect(judge(secret({ t: ['AWSPENDING'] }), 't', true, undefined).state).toBe('failed');
  });
});
