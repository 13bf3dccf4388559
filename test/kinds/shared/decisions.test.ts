import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { alternate, cloneOf, refuseSame, refuseStranger } from '../../../lib/kinds/shared/database-user/alternation.ts';
import { parseDocument, refuseDifference } from '../../../lib/kinds/shared/document.ts';

describe('two users in turn', () => {
  it('are the base and its clone', () => {
    expect([cloneOf('app'), alternate('app', 'app'), alternate('app', 'app_clone')]).toEqual([
      'app_clone',
      'app_clone',
      'app',
    ]);
  });

  it('are never both to be kept and to be retired', () => {
    const [base, clone] = [{ username: 'app' }, { username: 'app_clone' }];
    expect(() => refuseSame(base, clone)).not.toThrow();
    expect(() => refuseSame(clone, { ...clone })).toThrow(expect.objectContaining({ code: 'CurrentMoved' }));
  });

  it('are the only ones that may be discarded', () => {
    for (const user of ['app', 'app_clone']) expect(() => refuseStranger('app', user)).not.toThrow();
    for (const user of ['app_clone_clone', 'postgres', ''])
      expect(() => refuseStranger('app', user)).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });
});

describe('a secret’s document', () => {
  const schema = z.object({ username: z.string(), place: z.optional(z.object({ port: z.number() })) });
  const parse = (text: string) => parseDocument(schema, SecretValue.of(text), 'db/app is not a login');

  it('is its JSON object', () => {
    expect(parse('{"username":"canary","more":1}')).toEqual({ username: 'canary' });
  });

  it.each([
    ['canary, not JSON', 'it is no JSON object'],
    ['"canary"', 'it is no JSON object'],
    ['[{"username":"canary"}]', 'it is no JSON object'],
    ['null', 'it is no JSON object'],
    ['{"username":7,"place":{"port":"canary"}}', 'its username, place.port cannot be used'],
  ])('%s is refused without being quoted', (text, what) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'SecretMalformed', message: `db/app is not a login: ${what}` }),
    );
  });

  it.each([
    ['db', 'db', true],
    [undefined, 'db', true],
    ['5432', 5432, true],
    ['elsewhere', 'db', false],
    ['', 'db', false],
  ])('that says %j where the inventory says %j agrees: %s', (found, wanted, agrees) => {
    const compare = () => refuseDifference('db/app', 'host', found, wanted);
    if (agrees) expect(compare).not.toThrow();
    else expect(compare).toThrow(expect.objectContaining({ code: 'TargetMismatch' }));
  });
});
