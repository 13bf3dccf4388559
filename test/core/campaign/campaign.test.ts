import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CampaignParts, judge, performCampaign } from '../../../lib/core/campaign/perform-campaign.ts';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import type { SecretState } from '../../../lib/core/ports.ts';
import { buildHouse, type House } from '../../support/house.ts';

let house: House;
let parts: CampaignParts;
let rotated: string[];
beforeEach(async () => {
  house = await buildHouse();
  rotated = [];
  parts = {
    store: house.store,
    clock: { nowMs: () => 0, sleep: async () => undefined },
    entries: async () => [house.entry, { ...house.entry, secret: 'other', policy: 'quarterly' }],
    entryOf: async () => house.entry,
    async rotate(_, token) {
      rotated.push(token);
      await house.start(token);
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
    expect(await performCampaign({ op: 'plan', policy: 'monthly', scheduledTime }, parts)).toMatchObject({
      groups: [[{ secret: 'house/db', token }]],
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

  it('fails by name when one of its rotations failed, and only then', async () => {
    const report = (outcome: 'turned' | 'skipped' | 'failed') =>
      performCampaign(
        { op: 'report', policy: 'monthly', outcomes: [[{ secret: 's', outcome, reason: 'held' }]] },
        parts,
      );
    expect(await report('turned')).toEqual({ turned: 1, skipped: 0 });
    expect(await report('skipped')).toEqual({ turned: 0, skipped: 1 });
    await expect(report('failed')).rejects.toMatchObject({
      code: 'CampaignFailed',
      message: expect.stringContaining('s (held)'),
    });
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
