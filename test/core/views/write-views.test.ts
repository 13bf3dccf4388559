import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Turn } from '../../../lib/core/rollout/turn.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { viewsOff, writeViews } from '../../../lib/core/views/write-views.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { codeOf } from '../rotation/begun.ts';

const N = 'n'.repeat(32);
const X = 'x'.repeat(32);
const view = 'house/URL';
const views = [{ secret: view, template: 'memory://{name}' }];

let house: House;
let O: string;
beforeEach(async () => {
  house = await buildHouse({ entry: { views } });
  O = (await house.labelsOf())['AWSCURRENT'] ?? '';
  await house.store.put(house.secretArn, N, SecretValue.of('{"name":"app_clone"}'), 'AWSCURRENT');
});
afterEach(() => house.close());

const turn = (direction: Turn['direction'], keep: string, retire: string): Turn => ({
  direction,
  keep,
  retire,
  soakSeconds: 0,
  graceSeconds: 0,
});
const write = (way = turn('forward', N, O), templates = views) =>
  writeViews(house.secretArn, templates, way, house.store);
const text = async (which: { versionId: string } | { label: string } = { label: 'AWSCURRENT' }) =>
  (await house.store.read(view, which)).reveal();
const current = async () => (await house.labelsOf(view))['AWSCURRENT'];

describe('a view, forward,', () => {
  it('gets a version with the id of its source’s, rendered from that one', async () => {
    await house.store.put(house.secretArn, X, SecretValue.of('{"name":"by_hand"}'), 'AWSCURRENT');
    await write();
    expect([await text(), await current()]).toEqual(['memory://app_clone', N]);
  });

  it('written twice is written once', async () => {
    await write();
    await write();
    expect(await house.store.listVersionIds(view)).toHaveLength(2);
  });

  it('whose template changed meanwhile holds', async () => {
    await write();
    expect(await codeOf(write(undefined, [{ secret: view, template: 'other://{name}' }]))).toBe('LabelMoved');
    expect(await text()).toBe('memory://app_clone');
  });

  it('that lost AWSCURRENT since it was written gets it back', async () => {
    await write();
    await house.store.put(view, X, SecretValue.of('by hand'), 'AWSCURRENT');
    await write();
    expect(await current()).toBe(N);
  });

  it('is not read from its source where there is none', async () => {
    house.store.read = async () => {
      throw new Error('must not be read');
    };
    await write(undefined, []);
  });
});

describe('a view, back,', () => {
  const back = () => write(turn('back', O, N));

  it('goes to the version of its predecessor', async () => {
    await house.store.put(view, O, SecretValue.of('memory://app'), 'AWSCURRENT');
    await write();
    // AWSPREVIOUS is elsewhere by then.
    await house.store.put(view, X, SecretValue.of('x'), 'AWSPREVIOUS');
    await back();
    expect(await current()).toBe(O);
  });

  it('goes to what it had before Keyturn wrote it', async () => {
    const before = await current();
    await write();
    await back();
    expect(await current()).toBe(before);
    expect(await text()).toBe('before');
  });

  it('stays where somebody else has put another value', async () => {
    await write();
    await house.store.put(view, X, SecretValue.of('by hand'), 'AWSCURRENT');
    await back();
    expect(await current()).toBe(X);
  });

  it('that has no version to go to cannot', async () => {
    await write();
    const { AWSPREVIOUS: previous = '' } = await house.labelsOf(view);
    await house.store.moveLabel(view, 'AWSPREVIOUS', { from: previous });
    expect(await codeOf(back())).toBe('CannotGoBack');
  });
});

it('views that are not on the version are named', async () => {
  await write();
  const state = await house.store.describe(view);
  expect([viewsOff([state, { ...state, name: 'b' }], O), viewsOff([state], N)]).toEqual([[view, 'b'], []]);
});
