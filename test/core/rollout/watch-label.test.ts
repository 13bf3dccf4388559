import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyturnError } from '../../../lib/core/errors.ts';
import { watchLabel } from '../../../lib/core/rollout/watch-label.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, type House } from '../../support/house.ts';

let house: House;
let alarms: KeyturnError[];
let inventoried: string;
/** Every `Secret Label Updated` that Secrets Manager sends is watched, as the rule does it. */
let watched: Promise<void>[];
beforeEach(async () => {
  house = await buildHouse();
  alarms = [];
  inventoried = 'house/db';
  watched = [];
  house.world.onEvent((event) => {
    if (event['detail-type'] !== 'Secret Label Updated') return;
    watched.push(
      watchLabel(event as never, {
        store: house.store,
        isInventoried: async (secret) => secret === inventoried,
        async rolloutOf({ versionId }) {
          const { status } = house.states.executionsOf().find(({ input }) => input.includes(versionId)) ?? {};
          return status === undefined || status === 'RUNNING' || status === 'SUCCEEDED' ? status : 'FAILED';
        },
        alarm: async (error) => void alarms.push(error),
      }),
    );
  });
});
afterEach(() => house.close());

const settled = async () => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  await Promise.all(watched);
};

describe('AWSCURRENT', () => {
  it('moved by a rollout alarms nobody, forward and back', async () => {
    await house.turn();
    const api = house.consumers.get('api');
    if (api) api.healthOf = () => (api.refreshes === 2 ? { state: 'unhealthy', reason: '500' } : { state: 'healthy' });
    await house.turn();
    await settled();
    expect(watched.length).toBeGreaterThanOrEqual(3);
    expect(alarms).toEqual([]);
  });

  it('moved by a manual put alarms, by its own code', async () => {
    await house.turn();
    await house.store.put(house.secretArn, randomUUID(), SecretValue.of('{}'), 'AWSCURRENT');
    await settled();
    expect(alarms.map(({ code }) => code)).toEqual(['UnmanagedPromotion']);
  });

  it('of a secret that is not in the inventory is nobody’s business', async () => {
    inventoried = 'another';
    await house.turn();
    await house.store.put(house.secretArn, randomUUID(), SecretValue.of('{}'), 'AWSCURRENT');
    await settled();
    expect(watched.length).toBeGreaterThan(0);
    expect(alarms).toEqual([]);
  });
});
