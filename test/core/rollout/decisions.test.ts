import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import type { SecretState } from '../../../lib/core/ports.ts';
import { inventoryGate, labelsGate, lastUseGate } from '../../../lib/core/rollout/gate.ts';
import { tallyUp } from '../../../lib/core/rollout/health.ts';
import { executionInput, executionName } from '../../../lib/core/rollout/name.ts';
import { consumersHealthy, phaseOf } from '../../../lib/core/rollout/phase.ts';
import { observePromotion } from '../../../lib/core/rollout/promotion.ts';
import { meet } from '../../../lib/core/rollout/rendezvous.ts';
import { isManaged } from '../../../lib/core/rollout/unmanaged.ts';

const secret = (versions: Record<string, string[]>, name = 's'): SecretState => ({
  arn: `arn:aws:secretsmanager:us-east-1:1:secret:${name}-AbCdEf`,
  name,
  rotationEnabled: true,
  versions,
  tags: {},
  lastChangedAtMs: undefined,
});
const turn = { direction: 'forward', keep: 'new', retire: 'old', soakSeconds: 0, graceSeconds: 0 } as const;

describe('observePromotion', () => {
  const look = (versions: Record<string, string[]>, waitedSeconds = 0) =>
    observePromotion(secret(versions), 'new', waitedSeconds, 60);

  it('sees a promotion, with what it retires', () => {
    expect(look({ new: ['AWSCURRENT'], old: ['AWSPREVIOUS', 'KEYTURN_RETIRING'] })).toEqual({
      state: 'promoted',
      keep: 'new',
      retire: 'old',
    });
  });
  it('waits while the version is pending, up to its time', () => {
    const pending = { new: ['AWSPENDING'], old: ['AWSCURRENT'] };
    expect(look(pending, 60).state).toBe('waiting');
    expect(look(pending, 61).state).toBe('expired');
  });
  it('gives up at once when somebody took AWSPENDING away', () => {
    expect(look({ old: ['AWSCURRENT'] }).state).toBe('expired');
  });
  it.each([[{ new: ['AWSCURRENT'], old: ['AWSPREVIOUS'] }], [{ new: ['AWSCURRENT', 'KEYTURN_RETIRING'] }]])(
    'refuses a promotion that retires nothing: %o',
    (versions) => {
      expect(() => look(versions)).toThrow(expect.objectContaining({ code: 'CurrentMoved' }));
    },
  );
});

describe('gates', () => {
  it('are open only with both labels where the turn has them', () => {
    expect(labelsGate(secret({ new: ['AWSCURRENT'], old: ['KEYTURN_RETIRING'] }), turn).state).toBe('open');
    expect(labelsGate(secret({ new: ['AWSCURRENT'], old: ['AWSPREVIOUS'] }), turn).state).toBe('closed');
    expect(labelsGate(secret({ old: ['AWSCURRENT', 'KEYTURN_RETIRING'] }), turn).state).toBe('closed');
    expect(labelsGate(secret({}), turn).state).toBe('closed');
  });
  it('close on a changed inventory', () => {
    expect([inventoryGate('a', 'a').state, inventoryGate('a', 'b').state]).toEqual(['open', 'closed']);
  });
  it('take only a positive "unused" for unused', () => {
    expect(lastUseGate({ state: 'unused' }).state).toBe('open');
    expect(lastUseGate({ state: 'used', detail: 'd' })).toEqual({ state: 'closed', reason: 'd' });
    expect(lastUseGate({ state: 'unknown', detail: 'd' })).toEqual({ state: 'unknown', reason: 'd' });
  });
});

describe('tallyUp', () => {
  const needed = { successes: 3, deadlineSeconds: 10 };
  const healthy = { state: 'healthy' } as const;

  it('wants successes in a row', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 20 }), (answers) => {
        let tally: { successes: number; startedAtMs: number } | undefined;
        let inARow = 0;
        for (const well of answers) {
          inARow = well ? inARow + 1 : 0;
          const result = tallyUp(well ? healthy : { state: 'unhealthy', reason: 'r' }, tally, 0, needed);
          expect(result.state === 'healthy').toBe(inARow >= 3);
          if (result.state === 'healthy') return;
          tally = result.tally;
        }
      }),
    );
  });
  it('is unhealthy only after the deadline, with the last reason', () => {
    const tally = { successes: 0, startedAtMs: 0 };
    expect(tallyUp({ state: 'unhealthy', reason: '500' }, tally, 10_000, needed).state).toBe('probing');
    expect(tallyUp({ state: 'unhealthy', reason: '500' }, tally, 10_001, needed)).toMatchObject({
      state: 'unhealthy',
      reason: '500',
    });
  });
});

describe('executionName', () => {
  it('differs by secret, version and attempt, and fits Step Functions', () => {
    const names = [
      executionName('a', 'v', 1),
      executionName('a', 'v', 2),
      executionName('a', 'w', 1),
      executionName('b', 'v', 1),
    ];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
  });
  it('goes with an input that is the same each time', () => {
    expect(executionInput('a', 'v', 1)).toBe('{"secretArn":"a","versionId":"v","attempt":1}');
  });
});

describe('secrets of one campaign that share a consumer', () => {
  const names = ['s/a', 's/b', 's/c'];
  const token = (name: string) => campaignToken('monthly', '2026-12-01T03:00:00Z', name);
  const settled = (name: string) => ({
    state: secret({ [token(name)]: ['AWSCURRENT'] }, name),
    views: [secret({ [token(name)]: ['AWSCURRENT'] })],
  });
  const coming = (name: string) => ({ state: secret({ old: ['AWSCURRENT'] }, name), views: [] });
  const meeting = (name: string, companions: ReturnType<typeof settled>[], waitedSeconds = 0) =>
    meet({
      secret: name,
      versionId: token(name),
      companions,
      waitedSeconds,
      coalesceSeconds: 900,
      nowMs: 1_000_000,
      skewSeconds: 10,
    });

  it('have exactly one that refreshes it, once all have written', () => {
    const actions = names.map((name) => meeting(name, names.filter((it) => it !== name).map(settled)).action);
    expect(actions).toEqual(['lead', 'follow', 'follow']);
  });
  it('count the leader’s refresh from after everybody’s last write and skew', () => {
    expect(meeting('s/a', [settled('s/b')])).toEqual({ action: 'lead', promotedAtMs: 1_020_000 });
  });
  it('wait for one that has not been rotated yet, that is pending, or whose views are not written', () => {
    const pending = { state: secret({ [token('s/b')]: ['AWSPENDING'] }, 's/b'), views: [] };
    const unwritten = {
      state: secret({ [token('s/b')]: ['AWSCURRENT'] }, 's/b'),
      views: [secret({ other: ['AWSCURRENT'] })],
    };
    for (const companion of [coming('s/b'), pending, unwritten])
      expect(meeting('s/a', [companion]).action).toBe('wait');
  });
  it('wait no longer than coalesceSeconds', () => {
    expect(meeting('s/a', [coming('s/b')], 900).action).toBe('wait');
    expect(meeting('s/a', [coming('s/b')], 901).action).toBe('go');
  });
  it('do not wait for one that went back', () => {
    const back = { state: secret({ [token('s/b')]: ['KEYTURN_RETIRING'], old: ['AWSCURRENT'] }, 's/b'), views: [] };
    expect(meeting('s/a', [back]).action).toBe('go');
  });
  it('are nobody’s business when the rotation was asked for on demand', () => {
    expect(
      meet({
        secret: 's/a',
        versionId: 'b1946ac9-2492-4d23-8f5a-9a2f3c1d0e77',
        companions: [coming('s/b')],
        waitedSeconds: 0,
        coalesceSeconds: 900,
        nowMs: 0,
        skewSeconds: 10,
      }).action,
    ).toBe('go');
  });
  it('have tokens that Secrets Manager takes, the same for every delivery', () => {
    expect(token('s/a')).toBe(token('s/a'));
    expect(token('s/a')).not.toBe(campaignToken('monthly', '2027-01-01T03:00:00Z', 's/a'));
    expect(token('s/a')).toMatch(/^[A-Za-z0-9-]{32,64}$/);
  });
});

describe('a rollout seen from outside', () => {
  it('is in the phase of its newest known state', () => {
    expect(phaseOf(['Refresh', 'Meet', 'Waves', 'WriteViews'])).toBe('refreshing consumers');
    expect(phaseOf(['Soak', 'Converged', 'Waves'])).toBe('soaking');
    expect(phaseOf([])).toBeUndefined();
  });
  it('has healthy consumers from the soak on', () => {
    expect(
      [undefined, 'refreshing consumers', 'soaking', 'in grace'].map((phase) => consumersHealthy(phase as never)),
    ).toEqual([false, false, true, true]);
  });
});

describe('a promotion', () => {
  const moved = { secretArn: 'a', versionId: 'new' };
  const managed = (versions: Record<string, string[]>, rollouts: Record<string, 'RUNNING' | 'SUCCEEDED' | 'FAILED'>) =>
    isManaged(moved, secret(versions), async (versionId) => rollouts[versionId]);

  it.each([
    ['the first value of a secret', { new: ['AWSCURRENT'] }, {}, true],
    ['made by an open rollout', { new: ['AWSCURRENT'], old: ['AWSPREVIOUS'] }, { new: 'RUNNING' }, true],
    [
      'made by a rollout that goes back',
      { new: ['AWSCURRENT', 'KEYTURN_RETIRING'], bad: ['AWSPREVIOUS'] },
      { bad: 'RUNNING' },
      true,
    ],
    ['made by a rollout that went back', { new: ['AWSCURRENT'], bad: ['AWSPREVIOUS'] }, { bad: 'FAILED' }, true],
    ['made by a manual put', { new: ['AWSCURRENT'], old: ['AWSPREVIOUS'] }, { old: 'SUCCEEDED' }, false],
    [
      'made by hand back to a version whose credential is dead',
      { new: ['AWSCURRENT'], later: ['AWSPREVIOUS'] },
      { new: 'SUCCEEDED', later: 'SUCCEEDED' },
      false,
    ],
    [
      'made by hand while the rollout is held',
      { new: ['AWSCURRENT', 'KEYTURN_RETIRING'], held: ['AWSPREVIOUS'] },
      { held: 'FAILED' },
      false,
    ],
  ] as const)('%s is managed or not', async (_, versions, rollouts, expected) => {
    expect(await managed(versions as never, rollouts)).toBe(expected);
  });
});
