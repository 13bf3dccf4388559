import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { type Context, Keys } from '../../../lib/kinds/http-api-key/keys.ts';
import { lastUse as lastUseOf } from '../../../lib/kinds/http-api-key/last-use.ts';
import { presets } from '../../../lib/kinds/http-api-key/presets/index.ts';
import type { Provider } from '../../../lib/kinds/http-api-key/provider.ts';
import type { Answer, Ask } from '../../../lib/kinds/shared/api-key/http-api.ts';

const answer = (body: unknown, status = 200): Answer => ({ status, body: SecretValue.of(JSON.stringify(body)) });

/** Keys at a provider that gives these answers, one after the other, and what it was asked. */
function keysAt(changes: Partial<Provider>, ...answers: readonly Answer[]) {
  const { keyLimit, ...described } = presets['sendgrid'] as Provider;
  const provider: Provider = { ...described, id: 'acme', parameters: {}, ...changes };
  const asked: string[] = [];
  const rest = [...answers];
  const api = {
    async send({ method, origin, path, signature, body, plaintext }: Ask): Promise<Answer> {
      const key = signature.by === 'header' ? `${signature.header}: ${signature.before}${signature.key.reveal()}` : '';
      expect([origin, key, plaintext]).toEqual(['https://api.acme.example', 'x-key: Key admin', false]);
      asked.push([method, path, ...(body ? [body.reveal()] : [])].join(' '));
      return rest.shift() ?? answer({}, 500);
    },
  };
  const context: Context = {
    target: {
      provider: {
        ...provider,
        origins: { api: ['https://api.acme.example'] },
        sends: { header: 'x-key', before: 'Key ' },
      },
      adminSecret: 'acme/admin',
      parameters: { team: 'a b' },
    },
    secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/acme-AbCdEf',
    admin: async () => SecretValue.of('admin'),
    clock: { nowMs: () => 0, sleep: async () => undefined },
    signal: new AbortController().signal,
  };
  return { keys: new Keys(api, context), asked, api, context };
}

const list = { path: '/teams/{team}/keys', items: 'data', id: 'id', name: 'name' };
const key = (id: unknown, name?: string) => ({ id, name });
const ids = async (keys: Keys) => (await keys.list()).map(({ id }) => id);

describe('a list of keys', () => {
  it('of one page is asked for once', async () => {
    const { keys, asked } = keysAt({ list }, answer({ data: [key('k1', 'one'), key(2)] }));
    expect(await keys.list()).toEqual([
      { id: 'k1', name: 'one', identity: 'k1' },
      { id: '2', name: '', identity: '2' },
    ]);
    expect(asked).toEqual(['GET /teams/a%20b/keys']);
  });

  it('of numbered pages ends with the first that is not full', async () => {
    const pages = { by: 'number', parameter: 'page', size: 2 } as const;
    const { keys, asked } = keysAt(
      { list: { ...list, path: '/keys?size=2', pages } },
      answer({ data: [key('a'), key('b')] }),
      answer({ data: [key('c'), key('d')] }),
      answer({ data: [key('e')] }),
    );
    expect(await ids(keys)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(asked).toEqual([1, 2, 3].map((page) => `GET /keys?size=2&page=${page}`));
  });

  it('by a cursor begins without one, and ends where the provider says that there is no more', async () => {
    const pages = { by: 'cursor', parameter: 'after', more: 'more', last: 'last' } as const;
    const { keys, asked } = keysAt(
      { list: { ...list, path: '/keys', pages } },
      answer({ data: [key('a')], more: true, last: 'a&b' }),
      answer({ data: [key('b')], more: false, last: 'c' }),
    );
    expect(await ids(keys)).toEqual(['a', 'b']);
    expect(asked).toEqual(['GET /keys', 'GET /keys?after=a%26b']);
  });

  it('by a cursor that is missing is not begun anew', async () => {
    const pages = { by: 'cursor', parameter: 'after', more: 'more', last: 'last' } as const;
    const { keys, asked } = keysAt({ list: { ...list, pages } }, answer({ data: [], more: true, last: null }));
    await expect(keys.list()).rejects.toMatchObject({ code: 'TargetFailed' });
    expect(asked).toHaveLength(1);
  });

  it('is read for a hundred pages, and no further', async () => {
    const pages = { by: 'number', parameter: 'page', size: 1 } as const;
    const full = Array.from({ length: 101 }, () => answer({ data: [key('a')] }));
    const whole = keysAt({ list: { ...list, pages } }, ...full.slice(0, 99), answer({ data: [] }));
    expect(await ids(whole.keys)).toHaveLength(99);
    const endless = keysAt({ list: { ...list, pages } }, ...full);
    await expect(ids(endless.keys)).rejects.toMatchObject({ code: 'TargetFailed' });
    expect(endless.asked).toHaveLength(100);
  });

  it.each<[string, unknown]>([
    ['that is none', { data: { id: 'k1' } }],
    ['with a key without an id', { data: [key('k1'), { name: 'two' }] }],
  ])('%s is not taken for one', async (_, body) => {
    await expect(keysAt({ list }, answer(body)).keys.list()).rejects.toMatchObject({ code: 'TargetFailed' });
  });
});

describe('a new key', () => {
  const create = { path: '/teams/{team}/keys', body: { label: '{name}', key: '{value}' }, id: 'id', value: 'key' };
  const made = answer({ id: 'k1', key: 'v1' }, 201);
  const mint = ({ keys }: ReturnType<typeof keysAt>) => keys.create('mark/token', SecretValue.of('ours'));

  it('is asked for once, with its name and the value that is ours', async () => {
    const at = keysAt({ create, list }, made);
    const { id, value } = await mint(at);
    expect([id, value.reveal()]).toEqual(['k1', 'v1']);
    expect(at.asked).toEqual(['POST /teams/a%20b/keys {"label":"mark/token","key":"ours"}']);
  });

  it.each([
    ['at the limit', 2, [key('a'), key('b')], 'CredentialLimit'],
    ['beyond the limit', 1, [key('a'), key('b')], 'CredentialLimit'],
    ['below it', 3, [key('a'), key('b')], 'AdminPrivilegeMissing'],
  ])('that is refused with as many keys as are %s is told by its cause', async (_, keyLimit, data, code) => {
    const at = keysAt({ create, list, keyLimit }, answer({}, 403), answer({ data }));
    await expect(mint(at)).rejects.toMatchObject({ code });
    expect(at.asked).toHaveLength(2);
  });

  it.each([
    ['where no limit is known', undefined, 403, 'AdminPrivilegeMissing'],
    ['for another reason', 1, 401, 'AuthenticationRefused'],
  ] as const)('that is refused %s has nobody count keys', async (_, keyLimit, status, code) => {
    const at = keysAt({ create, list, ...(keyLimit && { keyLimit }) }, answer({}, status));
    await expect(mint(at)).rejects.toMatchObject({ code });
    expect(at.asked).toHaveLength(1);
  });

  it.each([{ key: 'v1' }, { id: 'k/1', key: 'v1' }, { id: 'k1' }])('that is only %j is none', async (body) => {
    await expect(mint(keysAt({ create, list }, answer(body)))).rejects.toMatchObject({ code: 'TargetFailed' });
  });
});

describe('a key that goes', () => {
  const remove = { path: '/keys/{id}' };
  const all = answer({ data: [key('k1'), key('k2', 'keyturn/app~1/~k9')] });
  const deleting = (identity: string, ...answers: Answer[]) => {
    const { keys, asked } = keysAt({ list, remove }, all, ...answers);
    return keys.remove(identity).then(() => asked.slice(1));
  };

  it('is found by the id that the secret knows it by', async () => {
    expect(await deleting('k9', answer({}, 204))).toEqual(['DELETE /keys/k2']);
  });

  it('is gone already, or goes meanwhile: no error', async () => {
    expect(await deleting('k2')).toEqual([]);
    expect(await deleting('k1', answer({}, 404))).toEqual(['DELETE /keys/k1']);
  });

  it.each([
    [199, 'TargetFailed'],
    [300, 'TargetFailed'],
    [401, 'AuthenticationRefused'],
    [403, 'AdminPrivilegeMissing'],
  ])('is not gone by an answer %i', async (status, code) => {
    await expect(deleting('k1', answer({}, status))).rejects.toMatchObject({ code });
  });
});

describe('a key’s status', () => {
  const field = { by: 'status', path: '/keys/{id}', method: 'PATCH', field: 'state', off: 'no', on: 'yes' } as const;
  const at = (result: string | undefined, ...answers: Answer[]) =>
    keysAt({ disable: { ...field, keep: ['name', 'note', 'scopes'], ...(result && { result }) } }, ...answers);

  it.each([
    ['yes', 'on'],
    ['no', 'off'],
    ['expired', 'off'],
  ])('of %s is %s, wherever the key stands in the answer', async (state, status) => {
    expect(await at(undefined, answer({ state })).keys.status('k1')).toBe(status);
    expect(await at('key', answer({ key: { state }, state: 'other' })).keys.status('k1')).toBe(status);
  });

  it('is asked for by the id, and is none of a key that is not there', async () => {
    const { keys, asked } = at(undefined, answer({}, 404), answer({}, 404));
    expect(await keys.status('k 1')).toBe('absent');
    expect(await keys.setStatus('k1', 'on')).toBe('absent');
    expect(asked).toEqual(['GET /keys/k%201', 'GET /keys/k1']);
    await expect(at(undefined, answer({}, 403)).keys.status('k1')).rejects.toMatchObject({
      code: 'AdminPrivilegeMissing',
    });
  });

  it('is set with all else that the key is sent back: what it has not is not made up', async () => {
    const before = { id: 'k1', name: 'n', note: null, scopes: ['a'], state: 'yes', other: 1 };
    const { keys, asked } = at(undefined, answer(before), answer({}), answer({ ...before, state: 'no' }), answer({}));
    expect([await keys.setStatus('k1', 'off'), await keys.setStatus('k1', 'on')]).toEqual(['done', 'done']);
    expect(asked).toEqual([
      'GET /keys/k1',
      'PATCH /keys/k1 {"name":"n","scopes":["a"],"state":"no"}',
      'GET /keys/k1',
      'PATCH /keys/k1 {"name":"n","scopes":["a"],"state":"yes"}',
    ]);
  });

  it('is not set again where it is as wanted', async () => {
    const { keys, asked } = at('key', answer({ key: { state: 'no' } }));
    expect(await keys.setStatus('k1', 'off')).toBe('done');
    expect(asked).toEqual(['GET /keys/k1']);
  });

  it('is that of no key which goes while it is set, and of none that the provider refuses to change', async () => {
    expect(await at(undefined, answer({ state: 'yes' }), answer({}, 404)).keys.setStatus('k1', 'off')).toBe('absent');
    await expect(
      at(undefined, answer({ state: 'yes' }), answer({}, 403)).keys.setStatus('k1', 'off'),
    ).rejects.toMatchObject({ code: 'AdminPrivilegeMissing' });
  });

  it('is nothing to ask of a provider that deletes', async () => {
    await expect(keysAt({ disable: { by: 'deletion', undo: 'none' } }).keys.status('k1')).rejects.toThrow('no status');
  });
});

describe('a key’s last use', () => {
  const told = { ...list, path: '/uses', at: 'used', form: 'iso' } as const;
  const { name, ...lastUse } = told;
  const since = Date.UTC(2026, 0, 2, 3, 4, 5, 500);
  const useOf = (changes: Partial<Provider>, ...answers: Answer[]) => {
    const { api, context, asked } = keysAt(changes, ...answers);
    const credential = { provider: 'acme', id: 'k1', value: SecretValue.of('v'), others: SecretValue.of('{}') };
    return lastUseOf(api, context, credential, since).then(({ state }) => [state, asked.length]);
  };

  it.each<[string, unknown, string]>([
    ['before it', '2026-01-02T03:04:05.499Z', 'unused'],
    ['at it', '2026-01-02T03:04:05.500Z', 'unused'],
    ['after it', '2026-01-02T03:04:05.501Z', 'used'],
    ['perhaps after it, told to the second', '2026-01-02T03:04:05Z', 'used'],
    ['never', null, 'unused'],
    ['at an unreadable time', 'yesterday', 'unknown'],
  ])('since an instant, told %s, is judged so', async (_, used, state) => {
    const uses = answer({
      data: [
        { id: 'k0', used: '2026-02-01T00:00:00Z' },
        { id: 'k1', used },
      ],
    });
    expect(await useOf({ lastUse, list }, uses)).toEqual([state, 1]);
  });

  it('is none of a key that is gone, and unknown of one that is there', async () => {
    const uses = answer({ data: [] });
    expect(await useOf({ lastUse, list }, uses, answer({ data: [key('k0')] }))).toEqual(['unused', 2]);
    expect(await useOf({ lastUse, list }, uses, answer({ data: [key('k1')] }))).toEqual(['unknown', 2]);
  });

  it('is asked of nobody where the provider does not tell it', async () => {
    expect(await useOf({ list })).toEqual(['unused', 0]);
  });
});
