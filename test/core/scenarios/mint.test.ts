import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { until } from './until.ts';

let house: House;
beforeEach(async () => {
  house = await buildHouse({ kind: 'minted', rotationAttempts: 2 });
  // As an IAM user has it: an orphan that stays leaves no room for the next key.
  house.target.limit = 2;
});
afterEach(() => house.close());

/** PutSecretValue fails so many times, and the function that called it. */
function failPut(times: number, effect: 'with effect' | 'without effect'): void {
  const { put } = house.store;
  let left = times;
  house.store.put = async (...args) => {
    left -= 1;
    if (left < 0) return put(...args);
    if (effect === 'with effect') await put(...args);
    throw new KeyturnError('AwsUnavailable', 'timed out');
  };
}

const names = () => [...house.target.accounts.keys()];

it('a put times out with effect after minting', async () => {
  failPut(1, 'with effect');
  const discarded: unknown[] = [];
  house.parts.discardOrphan = async (orphan) => void discarded.push(orphan);
  expect((await house.turn()).status).toBe('SUCCEEDED');
  // The credential that the first try minted is the one that was stored: it was not discarded, and no other one minted.
  expect(names()).toEqual(['key1']);
  expect(discarded).toEqual([]);
  expect(house.target.accepts(await house.store.read(house.secretArn, { label: 'AWSCURRENT' }))).toBe(true);
});

it('a crash after mint followed by a new token', async () => {
  failPut(2, 'without effect');
  const given = await house.start();
  await until(() => !house.isRotating());
  // The second try found the first one's orphan; its own is left.
  expect(names()).toEqual(['app', 'key2']);
  await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: given });
  expect((await house.turn()).status).toBe('SUCCEEDED');
  expect(names()).toEqual(['key3']);
  expect(house.target.accepts(await house.store.read(house.secretArn, { label: 'AWSCURRENT' }))).toBe(true);
});
