import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { formatSupplied, parseSupplied, suppliedOf } from '../../../lib/core/supplied.ts';

const canary = 'sk-canary-7Hq2';

describe('a value that a human brings', () => {
  it('is taken without the blanks and line breaks around it', () => {
    const { value, identity } = suppliedOf(` \t${canary}\r\n`, 'apikey_01');
    expect([value.reveal(), identity]).toEqual([canary, 'apikey_01']);
    expect(suppliedOf(canary).identity).toBeUndefined();
  });

  it.each<[string, string, string | undefined]>([
    ['when none came', ' \n', undefined],
    ['with a blank in it', `${canary} ${canary}`, undefined],
    ['with a line break in it', `${canary}\n${canary}`, undefined],
    ['with a letter that no header carries', `${canary}é`, undefined],
    ['that begins with one', `é${canary}`, undefined],
    ['under no name', canary, ''],
    ['under a name with a blank', canary, 'my key'],
    ['under a name that begins with a mark', canary, '.key'],
    ['under a name that is too long', canary, 'k'.repeat(65)],
    ['under a name that is a part of it', canary, 'canary'],
  ])('is refused %s, and not repeated', (_, text, identity) => {
    const refused = () => suppliedOf(text, identity);
    expect(refused).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
    expect(refused).not.toThrow(/7Hq2/);
  });

  it('may be known by any name of 64 characters', () => {
    for (const name of ['A', `A${'.:=-_1'.repeat(10)}abc`]) expect(suppliedOf(canary, name).identity).toBe(name);
  });
});

describe('what waits for its rotation', () => {
  const parse = (text: string) => parseSupplied(SecretValue.of(text), 'the version v');

  it.each(['apikey_01', undefined])('is read as it was written, with the identity %s', (identity) => {
    const { value, ...rest } = parse(formatSupplied({ value: SecretValue.of(canary), identity }).reveal());
    expect([value.reveal(), rest.identity]).toEqual([canary, identity]);
  });

  it('names no identity where there is none', () => {
    expect(formatSupplied({ value: SecretValue.of(canary), identity: undefined }).reveal()).toBe(
      `{"value":"${canary}"}`,
    );
  });

  it.each([
    canary,
    'null',
    `{"value":"${canary} ${canary}"}`,
    `{"value":"${canary}é"}`,
    `{"value":"é${canary}"}`,
    '{"value":""}',
    `{"key":"${canary}"}`,
    `{"value":"${canary}","identity":"my key"}`,
  ])('is not %s', (text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'SecretMalformed',
        message: expect.stringMatching(/^the version v (?!.*7Hq2)/),
      }),
    );
  });
});
