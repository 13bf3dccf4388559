import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { makePlan } from '../../../lib/core/rollout/plan.ts';
import { buildHouse, consumerEntry, type House } from '../../support/house.ts';

describe('a plan', () => {
  let house: House;
  beforeEach(async () => {
    house = await buildHouse({ entry: { waves: [] } });
  });
  afterEach(() => house.close());

  it.each([
    ['keeps the grace after a disable that can be undone', true, { soakSeconds: 100, graceSeconds: 20 }],
    ['spends the grace before a disable that is final', false, { soakSeconds: 120, graceSeconds: 0 }],
  ])('%s', (_, reversible, timings) => {
    const entry = { ...house.entry, timings: { ...house.entry.timings, soakSeconds: 100, graceSeconds: 20 } };
    const plan = makePlan(entry, 'hash', { destroys: true, reversible }, { 'retire:memory': 'arn' });
    expect(plan.timings).toEqual({ ...entry.timings, ...timings });
  });

  it.each([
    ['none', ['house/other']],
    ['consumers-first', []],
  ] as const)('of an emergency (%s) has its consumers wait for these secrets: %j', (emergency, sharedWith) => {
    const entry = { ...house.entry, waves: [[{ ...consumerEntry('api'), sharedWith: ['house/other'] }]] };
    const functions = { 'retire:memory': 'arn', 'refresh:memory': 'arn', 'probe:memory': 'arn' };
    const plan = makePlan(entry, 'hash', { destroys: true, reversible: true }, functions, emergency);
    expect(plan.waves).toMatchObject([[{ name: 'api', sharedWith }]]);
    expect(plan.emergency).toBe(emergency);
  });
});

describe('where Disable is final', () => {
  let house: House;
  beforeEach(async () => {
    house = await buildHouse();
    const { kind, target } = house;
    Object.assign(kind, {
      facts: { ...kind.facts, reversible: () => false },
      async disable(_: unknown, { retire }: { retire: { name: string } }) {
        target.accounts.delete(retire.name);
      },
      async enable(_: unknown, { name }: { name: string }) {
        if (!target.accounts.has(name)) throw new KeyturnError('CannotGoBack', `${name} is gone`);
      },
    });
  });
  afterEach(() => house.close());

  it('the evidence says destroyed', async () => {
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(house.records).toMatchObject([{ result: 'retired', retiredIdentity: 'app', finality: 'destroyed' }]);
  });

  it('a consumer that turns unhealthy after it holds the rollout, with the new credential working and the truth recorded', async () => {
    const api = house.consumers.get('api');
    if (api)
      api.healthOf = () =>
        house.target.accounts.has('app') ? { state: 'healthy' } : { state: 'unhealthy', reason: 'needed the old key' };
    const { status, error, versionId } = await house.turn();
    expect([status, error]).toEqual(['FAILED', 'CannotGoBack']);
    expect((await house.labelsOf())['AWSCURRENT']).toBe(versionId);
    expect(house.target.accepts(await house.store.read(house.secretArn, { label: 'AWSCURRENT' }))).toBe(true);
    expect(house.records).toMatchObject([{ result: 'held', finality: 'destroyed', failure: { code: 'CannotGoBack' } }]);
  });

  it('a consumer that does not come up before it still sends the rollout back', async () => {
    const old = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
    const api = house.consumers.get('api');
    let bad = '';
    if (api)
      api.progressOf = ({ versionId }) =>
        versionId === bad ? { state: 'failed', reason: 'crash loop' } : { state: 'converged', detail: 'up' };
    bad = await house.start();
    expect(await house.rolloutOf(bad)).toEqual({ status: 'FAILED', error: 'ConsumerFailed' });
    expect(house.target.accepts(old)).toBe(true);
    expect([...house.target.accounts.keys()]).toEqual(['app']);
  });
});
