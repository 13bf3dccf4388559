import { beforeEach, expect, it } from 'vitest';
import { campaignToken } from '../../../lib/core/campaign/token.ts';
import type { SecretEntry } from '../../../lib/core/entry.ts';
import type { SecretState, SecretStore } from '../../../lib/core/ports.ts';
import { companionsOf } from '../../../lib/core/rollout/companions.ts';
import { stateOf } from './states.ts';

const tokenOf = (secret: string) => campaignToken('monthly', 't', secret);
const coming = (name: string) => stateOf({ before: ['AWSCURRENT'] }, name);
const promoted = (name: string) => stateOf({ [tokenOf(name)]: ['AWSCURRENT'] }, name);
const written = (name: string, by: string) => stateOf({ [tokenOf(by)]: ['AWSCURRENT'] }, name);

let states: Record<string, SecretState>;
let asked: string[];
beforeEach(() => {
  asked = [];
  states = { a: promoted('a'), 'a/url': written('a/url', 'a'), b: coming('b'), c: coming('c') };
});

function look(waitingFor: string | null = null, versionId = tokenOf('m')) {
  const store = {
    async describe(name: string) {
      asked.push(name);
      return states[name];
    },
  } as unknown as SecretStore;
  const entryOf = async (name: string) => ({ views: [{ secret: `${name}/url` }] }) as SecretEntry;
  return companionsOf(['a', 'b', 'c'], { versionId, waitingFor }, { store, entryOf });
}

it('are asked for as far as the first that is to come, whose views are not looked at', async () => {
  expect((await look()).map(({ state }) => state.name)).toEqual(['a', 'b']);
  expect(asked).toEqual(['a', 'a/url', 'b']);
});

it('begin with the one that was to come the last time, which costs one call for as long as it is', async () => {
  await look('c');
  expect(asked).toEqual(['c']);
});

it('are all asked for when none is to come', async () => {
  states = {
    ...states,
    b: promoted('b'),
    'b/url': written('b/url', 'b'),
    c: stateOf({ [tokenOf('c')]: [], before: ['AWSCURRENT'] }, 'c'),
  };
  expect((await look('b')).map(({ state, views }) => [state.name, views.length])).toEqual([
    ['b', 1],
    ['a', 1],
    ['c', 0],
  ]);
});

it('are none to a version that is no campaign’s', async () => {
  expect(await look(null, 'by-hand')).toEqual([]);
  expect(asked).toEqual([]);
});
