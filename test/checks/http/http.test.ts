import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCheck } from '../../../lib/checks/http/index.ts';
import type { Config } from '../../../lib/checks/http/schema.ts';

const bodies: Record<string, string> = {
  '/well': '{"state":"ok","checks":{"database":"up","replicas":[{"lag":0}],"degraded":false,"note":null}}',
  '/page': '<html>well</html>',
  '/huge': `"${'x'.repeat(300_000)}"`,
};
const server = createServer((request, response) => {
  const path = request.url ?? '';
  const status = Number(path.slice(1));
  if (path === '/slow') return;
  if (path === '/away') response.writeHead(307, { location: 'https://elsewhere.example/login?token=abc' }).end();
  else if (Number.isInteger(status) && status > 0) response.writeHead(status).end();
  else response.end(bodies[path]);
});
let origin: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const check = createCheck();
function probe(path: string, config: Partial<Config> = {}) {
  const parsed = check.facts.parseConfig({ url: `${origin}${path}`, plaintext: 'a test on loopback', ...config });
  return check.probe(parsed, new AbortController().signal);
}

describe('healthy is', () => {
  it.each<[string, string, Partial<Config>]>([
    ['200, when nothing else is said', '/well', {}],
    ['the stated status', '/204', { status: 204 }],
    ['one of the stated statuses', '/404', { status: [200, 404] }],
    ['a redirect that was asked for', '/away', { status: 307 }],
    ['a field with the stated text', '/well', { jsonField: { path: 'state', equals: 'ok' } }],
    ['a nested field', '/well', { jsonField: { path: 'checks.database', equals: 'up' } }],
    ['a field in a list', '/well', { jsonField: { path: 'checks.replicas.0.lag', equals: 0 } }],
    ['a field that is false', '/well', { jsonField: { path: 'checks.degraded', equals: false } }],
    ['a field that is null', '/well', { jsonField: { path: 'checks.note', equals: null } }],
    ['a long page of which no field is asked', '/huge', {}],
  ])('%s', async (_, path, config) => {
    expect(await probe(path, config)).toEqual({ state: 'healthy' });
  });
});

describe('unhealthy is', () => {
  it.each<[string, string, Partial<Config>, string]>([
    ['another status', '/500', {}, 'answered 500, not 200'],
    ['none of the stated statuses', '/200', { status: [201, 204] }, 'answered 200, not 201 or 204'],
    [
      'a redirect, which is reported without its query',
      '/away',
      {},
      'answered 307 (a redirect to https://elsewhere.example/login, which is not followed), not 200',
    ],
    [
      'another text',
      '/well',
      { jsonField: { path: 'state', equals: 'fine' } },
      'state is another value (string), not "fine"',
    ],
    [
      'a number for its text',
      '/well',
      { jsonField: { path: 'checks.replicas.0.lag', equals: '0' } },
      'checks.replicas.0.lag is another value (number), not "0"',
    ],
    [
      'a missing field',
      '/well',
      { jsonField: { path: 'checks.cache', equals: 'up' } },
      'checks.cache is missing, not "up"',
    ],
    [
      'a field that only every object has',
      '/well',
      { jsonField: { path: 'constructor.name', equals: 'Object' } },
      'constructor.name is missing, not "Object"',
    ],
    [
      'a field below a text',
      '/well',
      { jsonField: { path: 'state.length', equals: 2 } },
      'state.length is missing, not 2',
    ],
    [
      'a body that is not JSON',
      '/page',
      { jsonField: { path: 'state', equals: 'ok' } },
      'answered with a body that is not JSON',
    ],
  ])('%s', async (_, path, config, reason) => {
    expect(await probe(path, config)).toEqual({ state: 'unhealthy', reason });
  });

  it.each<[string, string, Partial<Config>, string]>([
    ['a slow answer', '/slow', { timeoutSeconds: 0.1 }, 'took longer than 0.1 s'],
    ['a body too long to search', '/huge', { jsonField: { path: 'state', equals: 'ok' } }, 'more than 262144 bytes'],
    ['a host that does not exist', '', { url: 'http://nothing.invalid/' }, 'does not resolve'],
    ['a port where nothing listens', '', { url: 'http://127.0.0.1:1/' }, 'accepts no connection'],
    ['a metadata address', '', { url: 'http://169.254.170.2/v2/credentials' }, 'link-local or metadata'],
  ])('%s, never an exception', async (_, path, config, reason) => {
    expect(await probe(path, config)).toEqual({ state: 'unhealthy', reason: expect.stringContaining(reason) });
  });

  it('a probe that the caller cut off', async () => {
    const config = check.facts.parseConfig({ url: `${origin}/slow`, plaintext: 'a test on loopback' });
    expect(await check.probe(config, AbortSignal.timeout(50))).toMatchObject({ state: 'unhealthy' });
  });
});

describe('a config is refused', () => {
  it.each<[string, unknown, string]>([
    ['without a URL', {}, 'config.url'],
    ['with plaintext and no reason', { url: 'http://127.0.0.1/' }, "plaintext: '<reason>'"],
    ['with an empty reason', { url: 'http://127.0.0.1/', plaintext: ' ' }, 'config.plaintext: the reason is empty'],
    ['with a reason that means nothing', { url: 'https://a.example/', plaintext: 'why not' }, 'config.plaintext'],
    ['with a password in the URL', { url: 'https://u:p@a.example/' }, 'config.url: a URL must not carry'],
    [
      'with a credential among the headers',
      { url: 'https://a.example/', headers: { 'X-Api-Key': 'k' } },
      'config.headers.X-Api-Key',
    ],
    ['with a line break in a header', { url: 'https://a.example/', headers: { a: 'b\r\nc: d' } }, 'config.headers.a'],
    ['with an unknown word', { url: 'https://a.example/', statuses: 200 }, 'config: statuses is not known here'],
    ['with an empty list of statuses', { url: 'https://a.example/', status: [] }, 'config.status'],
    [
      'with a path that is none',
      { url: 'https://a.example/', jsonField: { path: 'a..b', equals: 1 } },
      'config.jsonField.path',
    ],
    ['with no time at all', { url: 'https://a.example/', timeoutSeconds: 0 }, 'config.timeoutSeconds'],
  ])('%s', (_, config, message) => {
    expect(() => check.facts.parseConfig(config)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining(message) }),
    );
  });

  it('and does not show the password that its URL carries', () => {
    expect(() => check.facts.parseConfig({ url: 'https://u:hunter2@a.example/' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});
