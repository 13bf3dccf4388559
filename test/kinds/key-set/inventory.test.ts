import { describe, expect, it } from 'vitest';
import { checkInventory } from '../../../lib/inventory/checks/index.ts';
import type { Inventory } from '../../../lib/inventory/types.ts';
import { changed, wellFormed } from '../../inventory/estate.ts';

const path = ['secrets', 'app/tokens'];

function withKeys(target: object, views: Record<string, string>): Inventory {
  return changed(wellFormed(), path, {
    kind: 'key-set',
    policy: 'monthly',
    target: { algorithm: 'HS256', maximumTokenLifeSeconds: 86_400, noVerifier: 'a test', ...target },
    views,
    waves: [['api']],
  });
}

const mistakesOf = (inventory: Inventory) => [...checkInventory(inventory)];

describe('an inventory with a set of keys', () => {
  it('has no mistake with views of the set, or a reason for one of the current key alone', () => {
    expect(mistakesOf(withKeys({}, { 'app/JWKS': '{secretJwks}', 'app/SIGNING_KEY': '{jwk}' }))).toEqual([]);
    expect(mistakesOf(withKeys({ currentAlone: 'the API signs with it' }, { 'app/JWT_SECRET_KEY': '{key}' }))).toEqual(
      [],
    );
  });

  it('must say who knows the current key alone', () => {
    expect(mistakesOf(withKeys({}, { 'app/JWT_SECRET_KEY': '{key}' }))).toEqual([
      {
        where: 'view "app/JWT_SECRET_KEY" of secret "app/tokens"',
        what: expect.stringContaining('there is no overlap'),
        remedy: expect.stringContaining('currentAlone'),
      },
    ]);
  });

  it('cannot show the public half of a shared key', () => {
    expect(mistakesOf(withKeys({}, { 'app/JWKS': '{jwks}' }))).toMatchObject([
      { what: 'kind "key-set" has no field "jwks"' },
    ]);
  });

  it('must rotate less often than its tokens live', () => {
    expect(mistakesOf(withKeys({ maximumTokenLifeSeconds: 28 * 86_400 }, {}))).toMatchObject([
      {
        where: 'secret "app/tokens"',
        what: 'it needs more than 2419200 seconds between two rotations, but its policy may start again after 2419200',
      },
    ]);
    expect(mistakesOf(withKeys({ maximumTokenLifeSeconds: 28 * 86_400 - 1 }, {}))).toEqual([]);
  });

  it('gets one mistake for one: a policy that is not there, a target that is none', () => {
    const lost = changed(withKeys({}, {}), [...path, 'policy'], 'weekly');
    expect(mistakesOf(lost)).toMatchObject([{ what: 'there is no policy "weekly"' }]);
    expect(mistakesOf(withKeys({ algorithm: 'none' }, { 'app/KEY': '{key}' }))).toMatchObject([
      { what: expect.stringContaining('not one of HS256') },
      { what: 'kind "key-set" has no field "key"' },
    ]);
  });
});
