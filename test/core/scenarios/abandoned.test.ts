import { afterEach, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { until } from './until.ts';

let house: House;
afterEach(() => house.close());

it('an abandoned rotation’s credential is not discarded while the next rotation installs it anew', async () => {
  house = await buildHouse({ promotionSeconds: 0 });
  const ensure = house.parts.ensureRollout;
  house.parts.ensureRollout = async (ref) => {
    await ensure(ref);
    throw new KeyturnError('AwsUnavailable', 'the function died');
  };
  let discarded = () => {};
  const wasDiscarded = new Promise<void>((resolve) => {
    discarded = resolve;
  });
  let next = '';
  house.beforeInvoke = async (_, payload) => {
    if (payload.op === 'end-abandoned') discarded();
    if (payload.op !== 'discard-abandoned' || next !== '') return;
    house.entry.timings.promotionSeconds = 60;
    // The next rotation has the same name, installs it, and is about to promote.
    let isFinishing = false;
    house.parts.ensureRollout = async (ref) => {
      isFinishing = true;
      await wasDiscarded;
      await ensure(ref);
    };
    next = await house.start();
    await until(() => isFinishing);
  };
  const abandoned = await house.start();
  expect(await house.rolloutOf(abandoned)).toMatchObject({ status: 'FAILED', error: 'RotationAbandoned' });
  expect(house.records[0]?.failure?.message).toMatch(
    /was left alone: version \S+, which is on its way, may be the same/,
  );
  expect(await house.rolloutOf(next)).toMatchObject({ status: 'SUCCEEDED' });
  expect(house.target.accepts(await house.store.read(house.secretArn, { label: 'AWSCURRENT' }))).toBe(true);
});
