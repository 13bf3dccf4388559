import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { keySet } from '../../../lib/kinds/key-set/facts.ts';
import type { KeySet } from '../../../lib/kinds/key-set/key-set.ts';
import type { Target } from '../../../lib/kinds/key-set/schema.ts';
import { realClock } from '../../support/clocks.ts';
import { grownSet, kind } from './harness.ts';

const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'no error',
    (error: unknown) => (error as { code: string }).code,
  );

describe('a verifier', () => {
  let server: Server;
  let seen: IncomingMessage[];
  let reply: (response: ServerResponse, request: IncomingMessage) => void;

  beforeEach(async () => {
    seen = [];
    reply = (response) => response.writeHead(200).end();
    server = createServer((request, response) => {
      seen.push(request);
      reply(response, request);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const urlOf = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  function scene(further: object = {}, verifier: object = {}) {
    const target = keySet.parseTarget({
      algorithm: 'ES256',
      maximumTokenLifeSeconds: 60,
      verifiers: [{ url: urlOf('/me'), plaintext: 'on this machine', ...verifier }],
      ...further,
    });
    const context = { target, clock: realClock, signal: new AbortController().signal } as KindContext<Target>;
    const read = (value: SecretValue) => kind.parse(value, target) as KeySet;
    const old = read(grownSet(target));
    const fresh = read(kind.propose(target, old));
    return { target, context, old, fresh, versions: { retire: old, keep: fresh } };
  }

  it('is shown a token with the claims of the inventory, that is over in a minute', async () => {
    const { context, fresh } = scene({ claims: { iss: 'https://issuer.example', aud: ['api'] } });
    await kind.verify(context, fresh);
    const [, token = ''] = /^Bearer (.+)$/.exec(seen[0]?.headers.authorization ?? '') ?? [];
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: fresh.current.kid, typ: 'JWT' });
    const { iat = 0, exp = 0, ...claims } = decodeJwt(token);
    expect(exp - iat).toBe(60);
    expect(claims).toEqual({ sub: 'keyturn', iss: 'https://issuer.example', aud: ['api'], jti: expect.any(String) });
  });

  it('is shown an API key in the header of the inventory', async () => {
    const opaque = { algorithm: 'opaque', maximumTokenLifeSeconds: undefined, holdersFetchWithinSeconds: 60 };
    const { context, fresh } = scene(opaque, { header: 'X-Api-Key' });
    await kind.verify(context, fresh);
    expect(fresh.current.secret.equals(SecretValue.of(String(seen[0]?.headers['x-api-key'])))).toBe(true);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    [401, 'AuthenticationRefused'],
    [403, 'AuthenticationRefused'],
    [204, 'no error'],
    [302, 'TargetFailed'],
    [404, 'TargetFailed'],
    [429, 'TargetThrottled'],
    [503, 'TargetFailed'],
  ])('that answers %i to a new key: %s; and none of them is a proof of a refusal', async (status, code) => {
    reply = (response) => response.writeHead(status, { location: urlOf('/elsewhere') }).end();
    const { context, fresh, old, versions } = scene();
    expect(await codeOf(kind.install(context, { pending: fresh, current: old }))).toBe(code);
    expect(seen.map(({ url }) => url)).toEqual(['/me']);
    expect(await codeOf(kind.proveRefused(context, versions))).toBe(status === 204 ? 'StillAccepted' : 'NotProven');
  });

  it('that fails at the retired key has not refused it', async () => {
    reply = (response) => response.writeHead(seen.length === 1 ? 200 : 500).end();
    const { context, versions } = scene();
    expect(await codeOf(kind.proveRefused(context, versions))).toBe('NotProven');
  });

  it('is asked with one control and each key that left: two after an emergency', async () => {
    const { context, target, old, versions } = scene();
    const accepted = new Set<string>();
    reply = (response, { headers }) => {
      const { kid = '' } = decodeProtectedHeader((headers.authorization ?? '').slice(7));
      response.writeHead(accepted.has(kid) ? 200 : 401).end();
    };
    accepted.add(versions.keep.current.kid);
    const endpoint = urlOf('/me');
    expect(await kind.proveRefused(context, versions)).toEqual([
      { endpoint, error: `${endpoint} answered 401 to key ${old.previous?.kid}` },
    ]);
    expect(seen).toHaveLength(2);
    const emergency = kind.propose(target, old, { nowMs: Date.now(), emergency: true });
    const keep = kind.parse(emergency, target) as KeySet;
    expect(await kind.proveRefused(context, { retire: old, keep })).toEqual([
      { endpoint, error: `${endpoint} answered 401 to key ${old.current.kid}` },
      { endpoint, error: `${endpoint} answered 401 to key ${old.previous?.kid}` },
    ]);
    expect(kind.leaving?.({ retire: old, keep })).toBe(`${old.current.kid}, ${old.previous?.kid}`);
  });

  it('is asked nothing where no key leaves, and by a first set, which nobody has yet', async () => {
    const { context, target } = scene();
    const first = kind.parse(kind.propose(target, undefined), target) as KeySet;
    await kind.install(context, { pending: first, current: undefined });
    const second = kind.parse(kind.propose(target, first), target) as KeySet;
    expect(await kind.proveRefused(context, { retire: first, keep: second })).toEqual([]);
    expect(kind.leaving?.({ retire: first, keep: second })).toBeUndefined();
    expect(seen).toEqual([]);
  });

  it('gets no token of a key whose halves do not belong together', async () => {
    const { context, target } = scene();
    const { keys, ...rest } = JSON.parse(grownSet(target).reveal());
    const other = JSON.parse(grownSet(target).reveal());
    const torn = { ...keys, current: { ...keys.current, x: other.keys.current.x, y: other.keys.current.y } };
    const text = JSON.stringify({ algorithm: rest.algorithm, keys: torn });
    const failing = async () => kind.verify(context, kind.parse(SecretValue.of(text), target) as KeySet);
    expect(await codeOf(failing())).toBe('SecretMalformed');
    expect(seen).toEqual([]);
  });
});

describe('without a verifier', () => {
  it('a key is tried against its own other half, and no refusal is claimed', async () => {
    const target = keySet.parseTarget({ algorithm: 'HS512', maximumTokenLifeSeconds: 60, noVerifier: 'internal' });
    const context = { target, clock: realClock, signal: new AbortController().signal } as KindContext<Target>;
    const old = kind.parse(grownSet(target), target) as KeySet;
    const fresh = kind.parse(kind.propose(target, old), target) as KeySet;
    await kind.install(context, { pending: fresh, current: old });
    expect(await kind.proveRefused(context, { retire: old, keep: fresh })).toEqual([]);
  });
});

describe('the instant from which a set may have a successor', () => {
  const target = keySet.parseTarget({ algorithm: 'EdDSA', maximumTokenLifeSeconds: 3600, noVerifier: 'a test' });
  const read = (value: SecretValue) => kind.parse(value, target) as KeySet;
  const grown = read(grownSet(target));

  it('is a token life after the last consumer turned to it, or after it was made where no rollout is on record', () => {
    expect(kind.notBefore?.(target, grown, 5_000)).toBe(5_000 + 3_600_000);
    expect(kind.notBefore?.(target, grown, undefined)).toBe((grown.createdAtMs ?? 0) + 3_600_000);
  });

  it('is any while nothing that was in use would end', () => {
    const first = read(kind.propose(target, undefined));
    expect(kind.notBefore?.(target, first, Date.now())).toBeUndefined();
  });

  it('is not guessed', () => {
    expect(() => kind.notBefore?.(target, { ...grown, createdAtMs: undefined }, undefined)).toThrow(
      expect.objectContaining({ code: 'SecretMalformed', message: expect.stringContaining('createdAt') }),
    );
  });
});
