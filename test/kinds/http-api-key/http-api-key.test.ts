import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../lib/core/errors.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { ApiAnswer, ApiServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/api-server.ts';
import { CloudflareServer, R2Server } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/cloudflare.ts';
import {
  OpenAiAdminKeyServer,
  OpenAiServiceAccountServer,
} from '../../../lib/rehearsal/stand-ins/http-api-key/providers/openai.ts';
import { SendGridServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/sendgrid.ts';
import { TypesenseServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/typesense.ts';
import { estateOf } from './harness.ts';
import { failure, kind, rotated } from './scene.ts';

let server: ApiServer;
afterEach(() => server.stop());

async function start<S extends ApiServer>(one: S): Promise<S> {
  server = one;
  return await one.start();
}

describe('what is asked of the provider', () => {
  it('in the four steps: a list, one POST, and the tries of the new key', async () => {
    const sendgrid = await start(new SendGridServer());
    const estate = estateOf(sendgrid);
    await kind.listLive(estate.context());
    const value = await kind.mint(estate.context(), undefined, randomUUID());
    const fresh = kind.parse(value, estate.target);
    if (fresh === undefined) throw new Error('no key');
    await kind.install(estate.context(), { pending: fresh, current: undefined });
    await kind.verify(estate.context(), fresh);
    expect(sendgrid.requests).toEqual(['GET /v3/api_keys', 'POST /v3/api_keys', ...Array(4).fill('GET /v3/scopes')]);
    expect(sendgrid.refusals).toBe(0);
  });

  it('to revoke: whether the key is there, its end, and the proof', async () => {
    const sendgrid = await start(new SendGridServer());
    const { context, old, versions } = await rotated(sendgrid);
    sendgrid.requests.length = 0;
    await kind.disable(context, versions);
    expect(sendgrid.requests).toEqual(['GET /v3/api_keys', `DELETE /v3/api_keys/${old.id}`]);
    await sendgrid.clock.sleep(sendgrid.propagationMs);
    sendgrid.requests.length = 0;
    expect(await kind.proveRefused(context, versions)).toEqual([
      {
        endpoint: 'SendGrid',
        error: 'HTTP 401 The provided authorization grant is invalid, expired, or revoked',
      },
    ]);
    expect(sendgrid.requests).toEqual(Array(4).fill('GET /v3/scopes'));
  });

  it('names a new key by the secret and the rotation, and gives it the rights of the inventory', async () => {
    const sendgrid = await start(new SendGridServer());
    const token = randomUUID();
    const { estate, fresh } = await rotated(sendgrid, token);
    const stored = estate.account.keys.get(fresh.id);
    expect(stored?.name).toMatch(new RegExp(`^keyturn/app/key~[0-9a-f]{12}/${token}$`));
    expect(stored?.rights).toEqual(['mail.send']);
  });

  it('keeps the fields of the secret that are not Keyturn’s', async () => {
    const { value } = await rotated(await start(new R2Server()));
    const { id, accessKeyId, secretAccessKey, note } = JSON.parse(value.reveal());
    expect([accessKeyId, note]).toEqual([id, 'kept']);
    expect(secretAccessKey).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('an answer to the admin key', () => {
  const answers: [string, ApiAnswer, ErrorCode, string][] = [
    ['401', { status: 401, body: {} }, 'AuthenticationRefused', 'the key in sendgrid/admin is not accepted'],
    ['403', { status: 403, body: {} }, 'AdminPrivilegeMissing', 'api_keys.create'],
    ['404', { status: 404, body: {} }, 'TargetMismatch', 'parameters'],
    ['400', { status: 400, body: {} }, 'TargetFailed', 'answered 400'],
    ['429', { status: 429, body: {} }, 'TargetThrottled', 'throttles'],
    ['500', { status: 500, body: {} }, 'TargetFailed', 'answered 500'],
    ['503 with a page', { status: 503, body: '<html>down</html>' }, 'TargetFailed', 'answered 503'],
    [
      '200 with a page',
      { status: 200, body: '<html>login</html>' },
      'TargetFailed',
      'does not keep to its description',
    ],
    ['200 with another form', { status: 200, body: { keys: 1 } }, 'TargetFailed', 'does not keep to its description'],
    ['200 with a huge body', { status: 200, body: 'x'.repeat(3_000_000) }, 'TargetFailed', 'bytes'],
  ];

  it.each(answers)('%s has a name, when keys are listed', async (_, answer, code, message) => {
    const { context } = await rotated(await start(new SendGridServer()));
    server.intercept = () => answer;
    expect((await failure(code, kind.listLive(context), server)).message).toContain(message);
  });

  it.each(answers)(
    '%s has a name, when a key is minted, and the request is not sent again',
    async (_, answer, code) => {
      const { context, old } = await rotated(await start(new SendGridServer()));
      server.requests.length = 0;
      server.intercept = ({ method }) => (method === 'POST' ? answer : undefined);
      await failure(code, kind.mint(context, old, randomUUID()), server);
      expect(server.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    },
  );

  it('that never comes ends in time and is not asked for again', async () => {
    const { context, old } = await rotated(await start(new SendGridServer()));
    server.requests.length = 0;
    const controller = new AbortController();
    server.intercept = () => {
      controller.abort();
      return { status: 201, body: {} };
    };
    await failure('TargetTimeout', kind.mint({ ...context, signal: controller.signal }, old, randomUUID()), server);
    expect(server.requests).toEqual(['POST /v3/api_keys']);
  });

  it('that leads elsewhere is not followed: nobody else gets the admin key, or a key under test', async () => {
    let elsewhere = 0;
    const other = createServer((_, response) => {
      elsewhere += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const { context, old } = await rotated(await start(new SendGridServer()));
    server.intercept = () => ({ status: 302, headers: { location } });
    try {
      expect((await failure('TargetFailed', kind.listLive(context), server)).message).toContain('redirect');
      await failure('TargetFailed', kind.mint(context, old, randomUUID()), server);
      await failure('TargetFailed', kind.verify(context, old), server);
      expect(elsewhere).toBe(0);
    } finally {
      other.close();
    }
  });

  it('without an id and value of the new key is an error, and so is an id that leads to another path', async () => {
    const { context, old } = await rotated(await start(new SendGridServer()));
    for (const body of [
      {},
      { api_key_id: 'k1' },
      { api_key_id: '../k1', api_key: 'v' },
      { api_key_id: '..', api_key: 'v' },
    ]) {
      server.intercept = () => ({ status: 201, body });
      await failure('TargetFailed', kind.mint(context, old, randomUUID()), server);
    }
  });

  it.each([
    ['an empty admin secret', ''],
    ['an admin secret of another form', '{"key":"v"}'],
    ['an admin secret that ends a header', 'a\r\nb: c'],
  ])('does not even come with %s', async (_, text) => {
    const { context } = await rotated(await start(new SendGridServer()));
    server.requests.length = 0;
    const admin = async () => SecretValue.of(text);
    await failure('SecretMalformed', kind.listLive({ ...context, admin }), server);
    expect(server.requests).toEqual([]);
  });

  it('comes to an admin secret in JSON as well', async () => {
    const { estate, context } = await rotated(await start(new SendGridServer()));
    const admin = async () => SecretValue.of(JSON.stringify({ value: estate.account.adminKey }));
    expect(await kind.listLive({ ...context, admin })).toHaveLength(1);
  });
});

describe('a limit', () => {
  it('of keys is CredentialLimit at the hundredth, and not a missing permission', async () => {
    const { estate, context, old } = await rotated(await start(new SendGridServer()));
    while (estate.account.keys.size < 100) server.make(estate.account, 'somebody’s', []);
    const { message } = await failure('CredentialLimit', kind.mint(context, old, randomUUID()), server);
    expect(message).toContain('100 keys');
    server.delete([...estate.account.keys.values()][50] ?? estate.byHand);
    await kind.mint(context, old, randomUUID());
  });
});

describe('a list', () => {
  it.each([
    ['Cloudflare', new CloudflareServer(), 130, 3],
    ['OpenAI', new OpenAiServiceAccountServer(), 250, 3],
  ])(
    'of %s is read to its last page, and of it only this secret’s own keys are live',
    async (_, one, strangers, pages) => {
      await start(one);
      const { estate, context, fresh } = await rotated(one);
      const other = { ...context, secretArn: context.secretArn.replace('111122223333', '444455556666') };
      for (let made = 0; made < strangers; made += 1) one.make(estate.account, 'somebody’s', {});
      const second = kind.parse(await kind.mint(context, undefined, randomUUID()), estate.target);
      const staging = kind.parse(await kind.mint(other, undefined, randomUUID()), estate.target);
      one.requests.length = 0;
      expect(await kind.listLive(context)).toEqual([
        { identity: fresh.id, neverUsed: true },
        { identity: second?.id, neverUsed: true },
      ]);
      expect(one.requests).toHaveLength(pages);
      expect(await kind.listLive(other)).toEqual([{ identity: staging?.id, neverUsed: true }]);
    },
  );

  it('that does not end is an error', async () => {
    const { context } = await rotated(await start(new OpenAiAdminKeyServer()));
    server.intercept = () => ({ status: 200, body: { data: [], has_more: true, last_id: 'key_1' } });
    await failure('TargetFailed', kind.listLive(context), server);
    server.intercept = () => ({ status: 200, body: { data: [], has_more: true, last_id: null } });
    await failure('TargetFailed', kind.listLive(context), server);
  });
});

describe('discard', () => {
  it('leaves alone what Keyturn did not mint for this secret', async () => {
    const { estate, context } = await rotated(await start(new SendGridServer()));
    const other = { ...context, secretArn: `${context.secretArn.slice(0, -6)}Zzzzzz` };
    const theirs = kind.parse(await kind.mint(other, undefined, randomUUID()), estate.target);
    for (const id of [estate.byHand.id, theirs?.id ?? ''])
      await failure('UnknownCredential', kind.discard(context, id), server);
    expect(server.listed(estate.account)).toHaveLength(3);
  });
});

describe('a key under test', () => {
  it.each<[string, ApiAnswer, ErrorCode]>([
    [
      'of an account in arrears',
      { status: 401, body: { errors: [{ message: 'Maximum credits exceeded' }] } },
      'TargetFailed',
    ],
    ['without a permission', { status: 403, body: {} }, 'PrivilegeLost'],
    ['that is throttled', { status: 429, body: {} }, 'TargetThrottled'],
  ])('%s is not taken for a dead one, nor for a good one', async (_, answer, code) => {
    const { context, fresh, versions } = await rotated(await start(new SendGridServer()));
    server.intercept = () => answer;
    await failure(code, kind.verify(context, fresh), server);
    server.intercept = undefined;
    await kind.disable(context, versions);
    await server.clock.sleep(server.propagationMs);
    // The old key is dead, and the new one gets this answer: no control, no proof.
    const dead = versions.retire.value.reveal();
    server.intercept = ({ header }) => (header('authorization') === `Bearer ${dead}` ? undefined : answer);
    await failure('NotProven', kind.proveRefused(context, versions), server);
  });

  it.each([
    ['with fewer rights than the inventory wants', { scopes: ['alerts.read'] }],
    ['whose rights are not told', {}],
  ])('%s is not installed', async (_, body) => {
    const { context, old, fresh } = await rotated(await start(new SendGridServer()));
    server.intercept = () => ({ status: 200, body });
    await failure('PrivilegeLost', kind.install(context, { pending: fresh, current: old }), server);
    // An old one is good enough to go back to, whatever the inventory has gained since.
    await kind.verify(context, old);
  });

  it('that is another key’s value is WrongEffectiveIdentity, and no control', async () => {
    const { estate, context, old, fresh, versions } = await rotated(await start(new CloudflareServer()));
    const mixed = { ...fresh, value: old.value };
    await failure('WrongEffectiveIdentity', kind.verify(context, mixed), server);
    const third = server.make(estate.account, 'third', []);
    third.knownFromMs = 0;
    await kind.disable(context, versions);
    const keep = { ...fresh, value: SecretValue.of(third.value) };
    await failure('NotProven', kind.proveRefused(context, { retire: old, keep }), server);
  });

  it('is installed once the provider knows it everywhere', async () => {
    const estate = estateOf(await start(new CloudflareServer()));
    const pending = kind.parse(await kind.mint(estate.context(), undefined, randomUUID()), estate.target);
    if (pending === undefined) throw new Error('no key');
    let early = 5;
    server.intercept = ({ path }) => {
      early -= 1;
      return path.endsWith('/verify') && early >= 0 ? { status: 401, body: { errors: [{ code: 1000 }] } } : undefined;
    };
    await kind.install(estate.context(), { pending, current: undefined });
  });

  it('that is deleted before it is installed poisons the pending version: the next attempt mints another', async () => {
    const { estate, context, old, fresh } = await rotated(await start(new SendGridServer()));
    const stored = estate.account.keys.get(fresh.id);
    if (stored) server.delete(stored);
    await server.clock.sleep(server.propagationMs);
    await failure('PendingPoisoned', kind.install(context, { pending: fresh, current: old }), server);
  });

  it('that the provider never learns of is TargetTimeout, which is retried', async () => {
    const { context, old, fresh } = await rotated(await start(new TypesenseServer()));
    server.intercept = ({ path }) =>
      path.includes('search')
        ? { status: 401, body: { message: 'Forbidden - a valid `x-typesense-api-key` header must be sent.' } }
        : undefined;
    await failure('TargetTimeout', kind.install(context, { pending: fresh, current: old }), server);
  });

  it('is refused in words of ours: OpenAI’s own quote the key', async () => {
    const { context, credential, estate, value } = await rotated(await start(new OpenAiServiceAccountServer()));
    const spoiled = credential(estate.spoil(value));
    const { message } = await failure('AuthenticationRefused', kind.verify(context, spoiled), server);
    expect(message).toContain('HTTP 401 invalid_api_key');
    expect(message).not.toContain(spoiled.value.reveal().slice(0, 12));
  });
});

describe('a revocation', () => {
  it.each([
    ['that is slow to be known is waited for', 10_000, undefined],
    ['that is slower than that is StillAccepted, which is retried', 100_000, 'StillAccepted'],
  ] as const)('%s', async (_, propagationMs, code) => {
    await start(new SendGridServer());
    server.propagationMs = propagationMs;
    const { context, versions } = await rotated(server);
    await kind.disable(context, versions);
    const proof = kind.proveRefused(context, versions);
    if (code === undefined) expect(await proof).toHaveLength(1);
    else await failure(code, proof, server);
  });

  it('that one server does not know yet is not proven by the others', async () => {
    const { context, versions } = await rotated(await start(new SendGridServer()));
    await kind.disable(context, versions);
    await server.clock.sleep(server.propagationMs);
    let asked = 0;
    server.intercept = ({ path }) => {
      asked += path === '/v3/scopes' ? 1 : 0;
      return asked % 3 === 0 ? { status: 200, body: { scopes: ['mail.send'] } } : undefined;
    };
    await failure('StillAccepted', kind.proveRefused(context, versions), server);
  });

  it('of a key that somebody else deletes at the same moment is no error', async () => {
    const { context, versions } = await rotated(await start(new SendGridServer()));
    server.intercept = ({ method }) => (method === 'DELETE' ? { status: 404, body: {} } : undefined);
    await kind.disable(context, versions);
  });

  it('never hits the key that is kept', async () => {
    const { context, fresh } = await rotated(await start(new SendGridServer()));
    await failure('CurrentMoved', kind.disable(context, { retire: fresh, keep: fresh }), server);
    await kind.verify(context, fresh);
  });
});

describe('Cloudflare’s status', () => {
  let cloudflare: CloudflareServer;
  beforeEach(async () => {
    cloudflare = await start(new CloudflareServer());
  });

  it('is turned off and on without losing what else the token is', async () => {
    const { estate, context, old, versions } = await rotated(cloudflare);
    const before = { ...estate.account.keys.get(old.id) };
    await kind.disable(context, versions);
    expect(estate.account.keys.get(old.id)).toMatchObject({
      status: 'disabled',
      name: before.name,
      rights: before.rights,
    });
    await kind.enable(context, old);
    expect(estate.account.keys.get(old.id)).toMatchObject({
      status: 'active',
      name: before.name,
      rights: before.rights,
    });
  });

  it('is written only where it changes', async () => {
    const { context, old, versions } = await rotated(cloudflare);
    await kind.disable(context, versions);
    cloudflare.requests.length = 0;
    await kind.disable(context, versions);
    expect(cloudflare.requests).toEqual([expect.stringMatching(`^GET .*/tokens/${old.id}$`)]);
  });

  it.each(['status', 'refusal'] as const)('is proven off, whether verify tells a %s', async (answers) => {
    cloudflare.disabledAnswers = answers;
    const { context, versions } = await rotated(cloudflare);
    await kind.disable(context, versions);
    const error = answers === 'status' ? 'HTTP 200 disabled' : 'HTTP 401 1000';
    expect(await kind.proveRefused(context, versions)).toEqual([{ endpoint: 'Cloudflare', error }]);
  });

  it('that is on keeps a token from being destroyed', async () => {
    const { context, old } = await rotated(cloudflare);
    await failure('StillAccepted', kind.destroy(context, old), server);
    await kind.verify(context, old);
  });

  it('of a token that is gone cannot be turned on', async () => {
    const { context, old, versions } = await rotated(cloudflare);
    await kind.disable(context, versions);
    await kind.destroy(context, old);
    await kind.disable(context, versions);
    await failure('CannotGoBack', kind.enable(context, old), server);
  });
});

describe('R2', () => {
  it('is proven dead at both of its doors', async () => {
    const { context, versions } = await rotated(await start(new R2Server()));
    await kind.disable(context, versions);
    expect(await kind.proveRefused(context, versions)).toEqual([
      { endpoint: 'Cloudflare', error: 'HTTP 200 disabled' },
      { endpoint: 'R2', error: 'HTTP 401 Unauthorized' },
    ]);
  });

  it('is not proven dead by a wrong signature', async () => {
    const { context, old, fresh } = await rotated(await start(new R2Server()));
    const wrong = { ...old, value: SecretValue.of('another') };
    server.intercept = ({ path }) =>
      path.endsWith('/verify') ? { status: 401, body: { errors: [{ code: 1000 }] } } : undefined;
    await failure('NotProven', kind.proveRefused(context, { retire: wrong, keep: fresh }), server);
  });
});

describe('Typesense’s key', () => {
  it('comes back with its value and its place in the secret, after it was deleted', async () => {
    const { estate, context, old, fresh, versions } = await rotated(await start(new TypesenseServer()));
    await kind.disable(context, versions);
    expect(await estate.logIn(estate.current)).toBe('refused');
    await kind.enable(context, old);
    await kind.enable(context, old);
    expect(await estate.logIn(estate.current)).toBe('accepted');
    // It has another id there, and is the same key to the secret.
    expect((await kind.listLive(context)).map(({ identity }) => identity).sort()).toEqual([old.id, fresh.id].sort());
    await kind.disable(context, { retire: old, keep: fresh });
    expect(await estate.logIn(estate.current)).toBe('refused');
    await kind.destroy(context, old);
    expect(server.listed(estate.account).map(({ id }) => id)).toEqual([fresh.id]);
  });

  it('comes back once, when two attempts bring it back at the same time', async () => {
    const { estate, context, old, versions } = await rotated(await start(new TypesenseServer()));
    await kind.disable(context, versions);
    await Promise.all([kind.enable(context, old), kind.enable(context, old)]);
    expect(server.listed(estate.account)).toHaveLength(2);
  });

  it('with the id 0, the first of all, is a key like others', async () => {
    const { estate, old } = await rotated(await start(new TypesenseServer()));
    expect([estate.byHand.id, old.id]).toEqual(['0', '0']);
  });
});

describe('the last use', () => {
  it('by a service account is that of its key', async () => {
    const { estate, context, old } = await rotated(await start(new OpenAiServiceAccountServer()));
    const sinceMs = server.clock.nowMs();
    await server.use(estate.current.reveal(), estate.account);
    expect(await kind.lastUse(context, old, sinceMs)).toMatchObject({
      state: 'used',
      detail: expect.stringContaining(old.id),
    });
  });

  it('is unknown where a key is listed and its use is not', async () => {
    const { context, old } = await rotated(await start(new OpenAiServiceAccountServer()));
    server.intercept = ({ path }) =>
      path.endsWith('/api_keys') ? { status: 200, body: { data: [], has_more: false } } : undefined;
    expect(await kind.lastUse(context, old, 0)).toMatchObject({ state: 'unknown' });
  });

  it.each<[string, ApiAnswer]>([
    ['does not answer well', { status: 500 }],
    ['throttles', { status: 429 }],
    ['does not let the admin look', { status: 403 }],
    ['answers in another form', { status: 200, body: { result: [{ id: 'x', last_used_on: 'yesterday' }] } }],
  ])('is unknown, never unused, where the provider %s', async (_, answer) => {
    const { context, old } = await rotated(await start(new CloudflareServer()));
    server.intercept = () => answer;
    expect(await kind.lastUse(context, { ...old, id: 'x' }, 0)).toMatchObject({ state: 'unknown' });
  });

  it('of a key that is gone is none', async () => {
    const { context, old, versions } = await rotated(await start(new OpenAiServiceAccountServer()));
    await kind.disable(context, versions);
    expect(await kind.lastUse(context, old, 0)).toEqual({ state: 'unused' });
  });
});
