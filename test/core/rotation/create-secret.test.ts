import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { formatIntent, intentTag, parseIntent } from '../../../lib/core/rotation/orphans.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { begun, codeOf } from './begun.ts';

let house: House;
afterEach(() => house.close());

const retiring = async (label = 'AWSCURRENT') => {
  const { [label]: to = '' } = await house.labelsOf();
  await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { to });
};

describe('while a version is retiring, createSecret', () => {
  beforeEach(async () => {
    house = await buildHouse({ rotationAttempts: 1 });
  });

  it('refuses a token without a value, although the retiring version is current', async () => {
    const token = await begun(house);
    await retiring();
    expect(await codeOf(house.step('createSecret', token))).toBe('RolloutStillOpen');
    expect((await house.labelsOf())['AWSPENDING']).toBeUndefined();
  });

  it('refuses a token that has a value, when another version than the current one retires', async () => {
    expect((await house.turn()).status).toBe('SUCCEEDED');
    const token = await begun(house);
    await house.step('createSecret', token);
    await retiring('AWSPREVIOUS');
    expect(await codeOf(house.step('createSecret', token))).toBe('RolloutStillOpen');
  });

  it('does not take a failure to read the version for a version without a value', async () => {
    const token = await begun(house);
    await house.step('createSecret', token);
    await retiring();
    house.store.read = async () => {
      throw new KeyturnError('AwsUnavailable', 'throttled');
    };
    expect(await codeOf(house.step('createSecret', token))).toBe('AwsUnavailable');
    expect((await house.labelsOf())['AWSPENDING']).toBe(token);
  });
});

describe('a minted credential', () => {
  const live = () => [...house.target.accounts.keys()];
  const intent = async () => parseIntent((await house.store.describe(house.secretArn)).tags[intentTag]);
  beforeEach(async () => {
    house = await buildHouse({ kind: 'minted', rotationAttempts: 1 });
  });

  it('is minted after the intent was written down with every identity that exists', async () => {
    const token = await begun(house);
    house.target.accounts.set('beside', { password: 'p', enabled: true, used: true });
    const byHand = SecretValue.of(JSON.stringify({ name: 'beside', password: 'p' }));
    await house.store.put(house.secretArn, 'b'.repeat(32), byHand, 'AWSPREVIOUS');
    let seen: unknown;
    const { kind } = house;
    if (kind.origin !== 'minted') throw new Error('not minted');
    const mint = kind.mint;
    kind.mint = async (...args) => {
      seen = await intent();
      return mint(...args);
    };
    await house.step('createSecret', token);
    expect(seen).toEqual({ token, identities: ['app', 'beside'] });
    expect(await intent()).toBeUndefined();
  });

  it('is looked for in the labelled versions alone where they explain everything: the others may be a hundred', async () => {
    const token = await begun(house);
    house.store.listVersionIds = async () => {
      throw new Error('must not be asked for');
    };
    await house.step('createSecret', token);
    expect(live()).toEqual(['app', 'key1']);
  });

  it('keeps the list of its first try: what that one minted is not in it', async () => {
    const token = await begun(house);
    await house.store.tag(house.secretArn, intentTag, formatIntent({ token, identities: ['app'] }));
    const tagged: string[] = [];
    const { tag } = house.store;
    house.store.tag = async (...args) => {
      tagged.push(args[2]);
      await tag(...args);
    };
    await house.step('createSecret', token);
    expect(tagged).toEqual([]);
  });

  it('that an attempt made beside the one that was stored is discarded on the next try', async () => {
    const token = await begun(house);
    const { put } = house.store;
    house.store.put = async (secretId, version, value, label) => {
      house.store.put = put;
      const other = { name: 'other', password: 'p' };
      house.target.accounts.set(other.name, { password: other.password, enabled: true, used: true });
      await put(secretId, version, SecretValue.of(JSON.stringify(other)), label);
      return put(secretId, version, value, label);
    };
    expect(await codeOf(house.step('createSecret', token))).toBe('UnknownCredential');
    expect(live()).toEqual(['app', 'key1', 'other']);
    expect(await intent()).toEqual({ token, identities: ['app'] });
    await house.step('createSecret', token);
    expect(live()).toEqual(['app', 'other']);
    expect(await intent()).toBeUndefined();
  });

  it('that is stored already leaves the intent of another token alone', async () => {
    const token = await begun(house);
    await house.step('createSecret', token);
    const other = formatIntent({ token: 'another', identities: ['app'] });
    await house.store.tag(house.secretArn, intentTag, other);
    await house.step('createSecret', token);
    expect(await intent()).toEqual({ token: 'another', identities: ['app'] });
  });

  it('is no orphan of an intent whose own value was stored', async () => {
    expect((await house.turn()).status).toBe('SUCCEEDED');
    const { AWSCURRENT: stored = '' } = await house.labelsOf();
    await house.store.tag(house.secretArn, intentTag, formatIntent({ token: stored, identities: ['app'] }));
    house.target.accounts.set('operators', { password: 'p', enabled: true, used: false });
    const token = await begun(house);
    expect(await codeOf(house.step('createSecret', token))).toBe('UnknownCredential');
    expect(live()).toContain('operators');
  });

  it('of a rotation that was given up is discarded by the next one, although it was used', async () => {
    const first = await begun(house);
    await house.step('createSecret', first);
    await house.step('setSecret', first);
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: first });
    const second = await begun(house);
    await house.step('createSecret', second);
    expect(live()).toEqual(['app', 'key2']);
  });

  it('is named in the error when nobody recorded it', async () => {
    for (const name of ['one', 'two']) house.target.accounts.set(name, { password: 'p', enabled: true, used: false });
    const token = await begun(house);
    await expect(house.step('createSecret', token)).rejects.toThrow(/house\/db: one, two exists at the target/);
  });
});
