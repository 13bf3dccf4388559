import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { contentOf, matches } from '../../../lib/kinds/shared/api-key/answer.ts';
import type { Match } from '../../../lib/kinds/shared/api-key/door.ts';
import { originOf } from '../../../lib/kinds/shared/api-key/place.ts';

const answer = (status: number, body: string) => ({ status, body: SecretValue.of(body) });

describe('an answer', () => {
  it('is read as JSON, and is nothing where it is none', () => {
    expect(contentOf(answer(200, '{"a":[1]}'))).toEqual({ a: [1] });
    expect(contentOf(answer(200, '<html>'))).toBeUndefined();
  });

  it('in XML is read as its leaves, by their names', () => {
    const body = '<?xml version="1.0"?>\n<Error><Code>Unauthorized</Code><Message></Message><x>a</y></Error>';
    expect(contentOf(answer(401, body), 'xml')).toEqual({ Code: 'Unauthorized', Message: '' });
    expect(contentOf(answer(401, 'not XML'), 'xml')).toEqual({});
  });

  const refused: Match[] = [
    { status: 401, where: { 'error.code': ['dead', 7], 'error.sort': ['auth'] } },
    { status: 410 },
  ];
  it.each<[number, object, boolean]>([
    [401, { error: { code: 'dead', sort: 'auth' } }, true],
    [401, { error: { code: 7, sort: 'auth' } }, true],
    [401, { error: { code: '7', sort: 'auth' } }, false],
    [401, { error: { code: 'dead', sort: 'billing' } }, false],
    [401, {}, false],
    [403, { error: { code: 'dead', sort: 'auth' } }, false],
    [410, {}, true],
  ])('%i with %j is one of those that are wanted: %s', (status, body, expected) => {
    expect(matches(answer(status, JSON.stringify(body)), refused)).toBe(expected);
  });

  it('in XML is told by its leaves', () => {
    const wanted = [{ status: 403, where: { Code: ['InvalidAccessKeyId'] } }];
    expect(matches(answer(403, '<Code>InvalidAccessKeyId</Code>'), wanted, 'xml')).toBe(true);
    expect(matches(answer(403, '<Code>InvalidAccessKeyId</Code>'), wanted)).toBe(false);
  });
});

describe('where a provider is asked', () => {
  const provider = {
    id: 'acme',
    origins: { api: ['https://{account}.acme.example', 'https://eu.acme.example'], own: [] },
    parameters: {},
    sends: { header: 'x-key', before: '' },
    doors: [],
    propagationSeconds: 0,
  };
  const parameters = { account: 'abc' };

  it('is at its first host, unless the inventory says another', () => {
    expect(originOf(provider, { parameters }, 'api')).toBe('https://abc.acme.example');
    expect(originOf(provider, { parameters, origins: { own: 'https://a.example' } }, 'api')).toBe(
      'https://abc.acme.example',
    );
    expect(originOf(provider, { parameters, origins: { api: 'https://eu.acme.example' } }, 'api')).toBe(
      'https://eu.acme.example',
    );
  });

  it('is nowhere where only the inventory can say it and does not, and for what it does not have', () => {
    for (const name of ['own', 'web']) expect(originOf(provider, { parameters }, name)).toBeUndefined();
    expect(originOf(provider, { origins: { own: 'https://a.example' } }, 'own')).toBe('https://a.example');
  });
});
