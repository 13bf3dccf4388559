import { afterEach, beforeEach, expect, it } from 'vitest';
import { fastClock } from '../../support/clocks.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { begun, codeOf } from './begun.ts';

const earliestMs = 10_000;
const skewSeconds = 2;

let house: House;
let token: string;
let asked: unknown[];
/** What the current version replaced is in use until `earliestMs`, as this kind reckons it. */
beforeEach(async () => {
  house = await buildHouse({ rotationAttempts: 1 });
  house.entry.timings.skewSeconds = skewSeconds;
  token = await begun(house);
  asked = [];
  const { kind, parts } = house;
  if (kind.origin !== 'chosen') throw new Error('it is minted');
  kind.notBefore = (_, current, settledAtMs) => {
    asked.push([kind.identify(current), settledAtMs]);
    return earliestMs;
  };
  parts.settledAt = async ({ secretArn, versionId }) => {
    asked.push([secretArn, versionId]);
    return 7;
  };
});
afterEach(() => house.close());

const createAt = (nowMs: number) => {
  house.parts.clock = fastClock(nowMs);
  return house.step('createSecret', token);
};

it('a successor is refused while what the current version replaced may be in use, and blocks no later one', async () => {
  await expect(createAt(earliestMs + skewSeconds * 1000 - 1)).rejects.toMatchObject({
    code: 'RotatedTooSoon',
    message: expect.stringContaining('after 1970-01-01T00:00:12.000Z'),
  });
  expect(await house.labelsOf()).not.toHaveProperty('AWSPENDING');
});

it('a successor is made from that instant on, the clocks’ skew included', async () => {
  await createAt(earliestMs + skewSeconds * 1000);
  expect((await house.labelsOf())['AWSPENDING']).toBe(token);
});

it('the kind is told since when the consumers run on the version that is current', async () => {
  const { AWSCURRENT: current } = await house.labelsOf();
  expect(await codeOf(createAt(0))).toBe('RotatedTooSoon');
  expect(asked).toEqual([
    [house.secretArn, current],
    ['app', 7],
  ]);
});

it('a kind that sees no reason to wait is not waited for', async () => {
  if (house.kind.origin === 'chosen') house.kind.notBefore = () => undefined;
  await createAt(0);
  expect((await house.labelsOf())['AWSPENDING']).toBe(token);
});

it('the first credential of a secret comes too soon for nobody', async () => {
  const { parse } = house.kind;
  house.kind.parse = () => undefined;
  await createAt(0);
  house.kind.parse = parse;
  expect(asked).toEqual([]);
});
