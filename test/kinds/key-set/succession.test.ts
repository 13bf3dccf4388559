import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import {
  endsOne,
  identityOf,
  inOrder,
  type Key,
  type Keys,
  leaving,
  successorOf,
} from '../../../lib/kinds/key-set/key-set.ts';

function keyMaker(): () => Key {
  let made = 0;
  return () => {
    made += 1;
    return { kid: String.fromCharCode(64 + made), secret: SecretValue.of(`secret ${made}`) };
  };
}

const shown = ({ previous, current, next }: Keys) => [previous, current, next].map((key) => key?.kid ?? '-').join('');
const kids = (keys: readonly Key[]) => keys.map(({ kid }) => kid).join('');
const one = (kid: string): Key => ({ kid, secret: SecretValue.of(kid) });

describe('the set after a set', () => {
  it('turns each key from next to current to previous, and out', () => {
    const newKey = keyMaker();
    let set = successorOf(undefined, newKey);
    const shownSets = [shown(set)];
    for (let turn = 0; turn < 3; turn += 1) {
      set = successorOf(set, newKey);
      shownSets.push(shown(set));
    }
    expect(shownSets).toEqual(['-AB', 'ABC', 'BCD', 'CDE']);
  });

  it('of an adopted key is that key and one to come: nobody knows a key that could sign', () => {
    const newKey = () => one('C');
    expect(shown(successorOf({ current: one('B') }, newKey))).toBe('-BC');
    expect(shown(successorOf({ previous: one('A'), current: one('B') }, newKey))).toBe('ABC');
  });

  it('in an emergency has neither the current key nor the one before, and two emergencies leave none of the set', () => {
    const newKey = keyMaker();
    const set: Keys = { previous: one('x'), current: one('y'), next: one('z') };
    const first = successorOf(set, newKey, true);
    expect(shown(first)).toBe('-zA');
    expect(shown(successorOf(first, newKey, true))).toBe('-AB');
    expect(shown(successorOf({ current: one('y') }, newKey, true))).toBe('-CD');
  });
});

describe('what leaves', () => {
  const V1: Keys = { previous: one('A'), current: one('B'), next: one('C') };
  const V2: Keys = { previous: one('B'), current: one('C'), next: one('D') };

  it.each([
    { way: 'forward', retire: V1, keep: V2, gone: 'A' },
    { way: 'back', retire: V2, keep: V1, gone: 'D' },
    { way: 'in an emergency', retire: V1, keep: { current: one('C'), next: one('D') }, gone: 'BA' },
    {
      way: 'from an adopted key',
      retire: { current: one('B') },
      keep: { current: one('B'), next: one('C') },
      gone: '',
    },
    { way: 'from a first set', retire: { current: one('B'), next: one('C') }, keep: V2, gone: '' },
  ])('$way: "$gone"', ({ retire, keep, gone }) => {
    expect(kids(leaving({ retire, keep }))).toBe(gone);
  });

  it('ends a key that was in use only where one was previous', () => {
    expect(
      [V1, { current: one('B') }, { current: one('B'), next: one('C') }, { previous: one('A'), current: one('B') }].map(
        endsOne,
      ),
    ).toEqual([true, false, false, false]);
  });
});

describe('whatever is rotated, and taken back, in whatever order', () => {
  it('nobody is shown a key that the set before did not have, and every version has a name of its own', () => {
    const steps = fc.array(fc.constantFrom('rotate', 'rotate and back'), { minLength: 1, maxLength: 12 });
    const start = fc.constantFrom<Keys | undefined>(
      undefined,
      { current: one('α') },
      { previous: one('ω'), current: one('α') },
    );
    fc.assert(
      fc.property(start, steps, (first, moves) => {
        const newKey = keyMaker();
        let set = first ?? successorOf(undefined, newKey);
        const names = new Set([identityOf(set)]);
        for (const move of moves) {
          const following = successorOf(set, newKey);
          // Before: its signer is known to all who have not turned yet. After: theirs is known to it.
          expect(kids(inOrder(set))).toContain(following.current.kid);
          expect(kids(inOrder(following))).toContain(set.current.kid);
          expect(inOrder(following).length).toBeLessThanOrEqual(3);
          expect(names.has(identityOf(following))).toBe(false);
          names.add(identityOf(following));
          if (move === 'rotate') set = following;
        }
      }),
    );
  });
});
