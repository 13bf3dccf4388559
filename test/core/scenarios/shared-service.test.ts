import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import type { Consumer, ConsumerVersion } from '../../../lib/core/consumer.ts';
import { buildHouse, consumerEntry, type House } from '../../support/house.ts';

/** A service as ECS has it: the newest deployment counts, whoever started it, and its tasks read everything when they start. */
class SharedService {
  readonly deployments: { startedAtMs: number; hasSucceeded: boolean }[] = [];

  asConsumer(consumer: Consumer): Consumer {
    return {
      ...consumer,
      adopt: async (_, version) => (this.#isNewer(version) ? { ...version } : undefined),
      start: async (_, version) => {
        this.deployments.push({ startedAtMs: Date.now(), hasSucceeded: false });
        return { ...version };
      },
      progress: async (_, version) => {
        const newest = this.deployments.at(-1);
        if (!this.#isNewer(version) || !newest) return { state: 'failed', reason: 'nothing was deployed' };
        const detail = newest.hasSucceeded ? 'up' : 'one of two';
        // It comes up between two looks.
        newest.hasSucceeded = true;
        return { state: detail === 'up' ? 'converged' : 'pending', detail };
      },
    };
  }

  #isNewer({ promotedAtMs }: ConsumerVersion): boolean {
    return (this.deployments.at(-1)?.startedAtMs ?? 0) >= promotedAtMs;
  }
}

const scheduledTime = '2026-12-01T03:00:00Z';
const tokenOf = (secret: string) => campaignToken('monthly', scheduledTime, secret);

let house: House;
let service: SharedService;
let other: string;
beforeEach(async () => {
  house = await buildHouse();
  service = new SharedService();
  const api = house.consumers.get('api');
  if (api) {
    const consumer = api.asConsumer();
    api.asConsumer = () => service.asConsumer(consumer);
  }
});
afterEach(() => house.close());

async function rotateBoth(coalesceSeconds: number): Promise<void> {
  const timings = { ...house.entry.timings, coalesceSeconds };
  Object.assign(house.entry, { timings, waves: [[{ ...consumerEntry('api'), sharedWith: ['house/other'] }]] });
  const waves = [[{ ...consumerEntry('api'), sharedWith: ['house/db'] }]];
  other = house.addSecret('house/other', 'other', { waves, timings });
  await Promise.all([house.start(tokenOf('house/db')), house.start(tokenOf('house/other'), other)]);
  const ended = await Promise.all([
    house.rolloutOf(tokenOf('house/db')),
    house.rolloutOf(tokenOf('house/other'), 1, other),
  ]);
  expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect([...house.target.accounts.keys()].sort()).toEqual(['app_clone', 'other_clone']);
}

describe('two secrets of one campaign share a service whose deployments supersede each other', () => {
  it('each follows the newest deployment to its end, and neither goes back', async () => {
    await rotateBoth(0);
    expect(service.deployments.length).toBeLessThanOrEqual(2);
    expect(house.records.map(({ result }) => result)).toEqual(['retired', 'retired']);
  });

  it('waiting for each other, they have it restarted once', async () => {
    await rotateBoth(60);
    expect(service.deployments).toHaveLength(1);
  });
});
