import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { buildHouse, type House } from '../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await buildHouse();
});
afterEach(() => house.close());

const settledAt = (versionId: string) => house.parts.settledAt({ secretArn: house.secretArn, versionId });

it('a version whose rollout nobody started has settled at no known instant', async () => {
  expect(await settledAt(randomUUID())).toBeUndefined();
});

it('a version has settled when the attempt that succeeded saw its consumers converge', async () => {
  house.beforeInvoke = (_, { op }) => {
    if (op === 'disable') throw new KeyturnError('CurrentMoved', 'held on purpose');
  };
  const { versionId, status } = await house.turn();
  expect(status).toBe('FAILED');
  expect(await settledAt(versionId)).toBeUndefined();
  house.beforeInvoke = () => undefined;
  const resumedAtMs = Date.now();
  await house.resume();
  expect((await house.rolloutOf(versionId, 2)).status).toBe('SUCCEEDED');
  const settledAtMs = await settledAt(versionId);
  expect(settledAtMs).toBeGreaterThanOrEqual(resumedAtMs);
  expect(new Date(settledAtMs ?? 0).toISOString()).toBe(house.records.at(-1)?.timeline['converged']);
});

it('a version whose rollout runs may settle yet: nothing is said of it', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  house.beforeInvoke = (_, { op }) => (op === 'close' ? held : undefined);
  const versionId = await house.start();
  const rolledOut = house.rolloutOf(versionId);
  while ((await house.labelsOf())['AWSCURRENT'] !== versionId) await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(settledAt(versionId)).rejects.toMatchObject({ message: expect.stringContaining('has not ended yet') });
  release();
  await rolledOut;
  expect(await settledAt(versionId)).toBeGreaterThan(0);
});
