import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, textAt } from '../../../lib/core/json-path.ts';
import { useAtMs } from '../../../lib/kinds/http-api-key/last-use.ts';
import { identityOf, markOf, restoredName } from '../../../lib/kinds/http-api-key/mark.ts';
import { presets } from '../../../lib/kinds/http-api-key/presets/index.ts';
import { randomKey } from '../../../lib/kinds/http-api-key/random-key.ts';
import { fillJson, fillPath, placeholdersOf } from '../../../lib/kinds/shared/api-key/template.ts';

const arn = (name: string, account = '111122223333') =>
  `arn:aws:secretsmanager:eu-west-1:${account}:secret:${name}-AbCdEf`;

describe('a path into an answer', () => {
  it.each<[string, unknown]>([
    ['a.b', 2],
    ['list.0.id', 'x'],
    ['list.1.id', undefined],
    ['a.b.c', undefined],
    ['toString', undefined],
    ['list.length.toString', undefined],
    ['none.id', undefined],
  ])('%s finds what stands there and nothing inherited', (path, expected) => {
    expect(at({ a: { b: 2 }, list: [{ id: 'x' }], none: null }, path)).toBe(expected);
  });

  it('finds texts and numbers as texts, and no empty one', () => {
    expect([textAt({ id: 7 }, 'id'), textAt({ id: '' }, 'id'), textAt({ id: {} }, 'id')]).toEqual([
      '7',
      undefined,
      undefined,
    ]);
  });
});

describe('a template', () => {
  it('makes one part of a path of whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), (id) => {
        const { pathname, search, hash } = new URL(fillPath('/keys/{id}x', { id }), 'https://provider.example');
        expect([pathname.split('/').length, search, hash]).toEqual([3, '', '']);
      }),
    );
  });

  it('puts values of any type into a body, and texts into texts', () => {
    const body = {
      name: '{name}',
      scopes: '{scopes}',
      deep: [{ text: 'key {name}!', ends: 'of {name}', begins: '{name}s' }],
      flag: true,
      none: null,
    };
    expect(fillJson(body, { name: 'n', scopes: ['a', 'b'] })).toEqual({
      name: 'n',
      scopes: ['a', 'b'],
      deep: [{ text: 'key n!', ends: 'of n', begins: 'ns' }],
      flag: true,
      none: null,
    });
    expect(placeholdersOf(body)).toEqual(['name', 'scopes']);
  });
});

describe('a mark', () => {
  const token = 'a'.repeat(64);

  it('names the secret for people, and keeps secrets of one name in two accounts apart', () => {
    expect(markOf(arn('app/sendgrid'), 120)).toMatch(/^keyturn\/app\/sendgrid~[0-9a-f]{12}\/$/);
    expect(markOf(arn('app/sendgrid'), 120)).not.toBe(markOf(arn('app/sendgrid', '444455556666'), 120));
  });

  it('fits with the longest token into the names of every preset, however long the secret is called', () => {
    for (const { nameLength } of Object.values(presets)) {
      const mark = markOf(arn('n'.repeat(512)), nameLength);
      expect(`${mark}${token}`.length).toBeLessThanOrEqual(nameLength);
      expect(restoredName(mark, 'i'.repeat(64)).length).toBeLessThanOrEqual(nameLength);
    }
  });

  it('is never the beginning of another secret’s', () => {
    const names = fc.stringMatching(/^[\w/+=.@-]{1,80}$/);
    fc.assert(
      fc.property(names, names, (one, other) => {
        fc.pre(one !== other);
        expect(`${markOf(arn(one), 100)}${token}`.startsWith(markOf(arn(other), 100))).toBe(false);
      }),
    );
  });

  it('stands for the key that was made again', () => {
    const mark = markOf(arn('app/typesense'), 200);
    expect(identityOf({ id: '9', name: restoredName(mark, '3') })).toBe('3');
    expect(identityOf({ id: '9', name: `${mark}${token}` })).toBe('9');
    expect(identityOf({ id: '9', name: '~3' })).toBe('9');
  });
});

describe('the last use', () => {
  it.each<[unknown, 'iso' | 'seconds', unknown]>([
    [null, 'seconds', undefined],
    [undefined, 'iso', undefined],
    [1711471534, 'seconds', 1711471534999],
    ['2026-01-02T03:04:05Z', 'iso', Date.UTC(2026, 0, 2, 3, 4, 5, 999)],
    ['2026-01-02T03:04:05.678Z', 'iso', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    ['yesterday', 'iso', 'unreadable'],
    ['soon', 'seconds', 'unreadable'],
  ])('%s as %s is %s: never earlier than it was', (told, form, expected) => {
    expect(useAtMs({ told }, { at: 'told', form })).toBe(expected);
  });
});

describe('a key of ours', () => {
  it('has the length that the provider takes, and is another one each time', () => {
    const keys = Array.from({ length: 100 }, () => randomKey(32).reveal());
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9]{32}$/);
  });

  it('is not longer than Typesense takes for a key: a longer one is a scoped search key to it', () => {
    expect(presets['typesense']?.create.valueLength).toBeLessThanOrEqual(32);
  });
});
