import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { checkInventory } from '../../../lib/inventory/checks/index.ts';
import { parseCredential } from '../../../lib/kinds/http-api-key/credential.ts';
import { httpApiKey } from '../../../lib/kinds/http-api-key/facts.ts';
import { presets } from '../../../lib/kinds/http-api-key/presets/index.ts';
import { changed, wellFormed } from '../../inventory/estate.ts';

const sendgrid = {
  provider: 'sendgrid',
  adminSecret: 'admin',
  parameters: { scopes: ['mail.send'] },
  noLastUse: 'only the worker sends',
};
const typesense = {
  provider: 'typesense',
  adminSecret: 'admin',
  parameters: { actions: ['documents:search'], collections: ['*'], collection: 'products' },
  origins: { api: 'https://search.example:8108' },
  noLastUse: 'only the api searches',
};
const cloudflare = { provider: 'cloudflare-token', adminSecret: 'admin', parameters: { account: 'abc', policies: [] } };
const r2 = {
  ...cloudflare,
  provider: 'cloudflare-r2',
  parameters: { ...cloudflare.parameters, bucket: 'uploads' },
  noLastUse: 'only the uploader writes',
};
const acme = { ...presets['sendgrid'], id: 'acme', origins: { api: ['https://api.acme.example'] } };
const openai = { provider: 'openai-service-account', adminSecret: 'admin', parameters: { project: 'proj_1' } };
const good = { sendgrid, typesense, cloudflare, r2, openai, acme: { ...sendgrid, provider: acme } };

describe('a target', () => {
  it.each(Object.entries(good))('of %s is accepted, and parsing it twice changes nothing', (_, target) => {
    const parsed = httpApiKey.parseTarget(target);
    expect(httpApiKey.parseTarget(structuredClone(parsed))).toEqual(parsed);
    // The entry has 4 KB for everything.
    expect(JSON.stringify(target).length).toBeLessThan(2_000);
  });

  it('may name another of a preset’s hosts', () => {
    const origins = { s3: 'https://abc.eu.r2.cloudflarestorage.com' };
    expect(httpApiKey.parseTarget({ ...r2, origins })).toMatchObject({ origins });
  });

  it.each<[string, unknown, string]>([
    ['without an admin secret', { ...sendgrid, adminSecret: '' }, 'target.adminSecret: must not be empty'],
    ['of an unknown provider', { ...sendgrid, provider: 'sendgird' }, 'target.provider: no preset; use one of cloudf'],
    ['without a parameter', { ...sendgrid, parameters: {} }, 'target.parameters.scopes: sendgrid needs it'],
    [
      'with rights that are no list',
      { ...sendgrid, parameters: { scopes: 'all' } },
      'target.parameters.scopes: not a list of texts',
    ],
    [
      'with rights that are not all texts',
      { ...sendgrid, parameters: { scopes: ['a', 1] } },
      'scopes: not a list of texts',
    ],
    ['with no rights at all', { ...sendgrid, parameters: { scopes: [] } }, 'scopes: not a list of texts'],
    ['with an unknown parameter', { ...openai, parameters: { project: 'p', x: 1 } }, 'parameters.x: openai-service-'],
    ['with a parameter that is another path', { ...openai, parameters: { project: '../admin' } }, 'not a name or id'],
    ['with a parameter that is a number', { ...openai, parameters: { project: 7 } }, 'not a name or id'],
    ['with a parameter that is dots', { ...openai, parameters: { project: '..' } }, 'not a name or id'],
    [
      'without a reason where use is not told',
      { ...sendgrid, noLastUse: undefined },
      'target.noLastUse: sendgrid does',
    ],
    [
      'without a reason where not every use is told',
      { ...r2, noLastUse: undefined },
      'target.noLastUse: cloudflare-r2',
    ],
    [
      'with a reason where use is told',
      { ...openai, noLastUse: 'why' },
      'target.noLastUse: openai-service-account tells',
    ],
    [
      'at a host that is not the provider’s',
      { ...sendgrid, origins: { api: 'https://evil.example' } },
      'not a host of',
    ],
    ['at a host of another account', { ...r2, origins: { s3: 'https://x.r2.cloudflarestorage.com' } }, 'not a host of'],
    ['at an unknown origin', { ...sendgrid, origins: { smtp: 'https://api.sendgrid.com' } }, 'origins.smtp: sendgrid'],
    ['without the host of one’s own server', { ...typesense, origins: {} }, 'target.origins.api: typesense needs it'],
    ['with no URL for an origin', { ...typesense, origins: { api: 'a.example' } }, 'not an origin'],
    ['with a path in an origin', { ...typesense, origins: { api: 'https://a.example/x' } }, 'not an origin'],
    ['with a login in an origin', { ...typesense, origins: { api: 'https://a:b@a.example' } }, 'not an origin'],
    ['without TLS', { ...typesense, origins: { api: 'http://127.0.0.1:8108' } }, 'not encrypted'],
    [
      'without TLS on another machine, whatever the reason',
      { ...typesense, origins: { api: 'http://10.0.0.5:8108' }, plaintext: 'a network of ours' },
      'not encrypted',
    ],
    [
      'without TLS on a host that is called like this machine',
      { ...typesense, origins: { api: 'http://127.0.0.1.evil.example' }, plaintext: 'x' },
      'not encrypted',
    ],
    ['with a reason for nothing', { ...typesense, plaintext: 'why' }, 'target.plaintext: has no meaning'],
    ['with a misspelt key', { ...sendgrid, adminsecret: 'x' }, 'target: adminsecret is not known here'],
    ['of a provider half described', { ...sendgrid, provider: { id: 'acme' } }, 'target.provider'],
    [
      'of a provider with a path to another host',
      { ...sendgrid, provider: { ...acme, remove: { path: '//evil.example/{id}' } } },
      'target.provider',
    ],
    [
      'of a provider with a path to another host, spelled otherwise',
      { ...sendgrid, provider: { ...acme, remove: { path: '/\\evil.example/{id}' } } },
      'target.provider',
    ],
    [
      'of a provider that names no parameter of its own',
      { ...sendgrid, provider: { ...acme, remove: { path: '/keys/{key}' } } },
      'target.provider: {key} is none of its parameters',
    ],
    [
      'of a provider with a door nowhere',
      { ...sendgrid, provider: { ...acme, doors: acme.doors?.map((door) => ({ ...door, origin: 'web' })) } },
      'target.provider.origins: web is missing',
    ],
    [
      'of a provider without a host for the admin',
      {
        ...sendgrid,
        provider: {
          ...acme,
          origins: { web: ['https://acme.example'] },
          doors: acme.doors?.map((door) => ({ ...door, origin: 'web' })),
        },
      },
      'target.provider.origins: api is missing',
    ],
    [
      'of a provider that derives what is there',
      { ...sendgrid, provider: { ...acme, derived: { value: { from: 'id', role: 'plain' } } } },
      'target.provider.derived: value is a field already',
    ],
  ])('%s is refused', (_, target, message) => {
    expect(() => httpApiKey.parseTarget(target)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining(message) }),
    );
  });

  it('on this machine may go without TLS, with a reason', () => {
    for (const api of ['http://127.0.0.1:8108', 'http://127.10.200.3', 'http://localhost:8108', 'http://[::1]:8108'])
      expect(httpApiKey.parseTarget({ ...typesense, origins: { api }, plaintext: 'a test' })).toBeDefined();
    // One of two origins is enough for the reason to have a meaning.
    expect(
      httpApiKey.parseTarget({ ...r2, origins: { s3: 'http://127.0.0.1:9000' }, plaintext: 'a test' }),
    ).toBeDefined();
  });
});

describe('a value', () => {
  const parse = (json: object, target: unknown = sendgrid) =>
    parseCredential(SecretValue.of(JSON.stringify(json)), httpApiKey.parseTarget(target));

  it.each<[string, object]>([
    ['has an id without a value', { id: 'k1' }],
    ['has a value without an id', { value: 'canary' }],
    ['has an id that leads to another path', { id: '..', value: 'canary' }],
    ['has an id with a slash', { id: 'a/b', value: 'canary' }],
    ['has an id that the intent tag cannot hold', { id: 'a+b', value: 'canary' }],
    ['has a value that ends a header', { id: 'k1', value: 'canary\r\nx: y' }],
    ['has a value that is no text', { id: 'k1', value: { canary: true } }],
  ])('is malformed when it %s, and is not repeated', (_, fields) => {
    expect(() => parse({ provider: 'sendgrid', ...fields })).toThrow(
      expect.objectContaining({ code: 'SecretMalformed', message: expect.not.stringContaining('canary') }),
    );
  });

  it('is malformed when what should follow from the key does not: the test would try another key than the consumer', () => {
    const key = { provider: 'cloudflare-r2', id: 'k1', value: 'v' };
    expect(() => parse({ ...key, secretAccessKey: 'canary' }, r2)).toThrow(
      expect.objectContaining({ code: 'SecretMalformed', message: expect.not.stringContaining('canary') }),
    );
    expect(parse(key, r2)).toMatchObject({ id: 'k1' });
  });
});

describe('a view in the inventory', () => {
  const withViews = (target: object, views: object) =>
    checkInventory(
      changed(wellFormed(), ['secrets', 'app/api-key'], {
        kind: 'http-api-key',
        policy: 'monthly',
        target,
        views,
        waves: [['api']],
      }),
    );

  it('may be the bare value', () => {
    expect(withViews(sendgrid, { 'app/SENDGRID_API_KEY': '{value}' })).toEqual([]);
  });

  it('may name what the preset derives, as a pair', () => {
    const views = {
      'app/R2_ACCESS_KEY_ID': '{accessKeyId}',
      'app/R2_SECRET_ACCESS_KEY': { template: '{secretAccessKey}', userNameIn: 'app/R2_ACCESS_KEY_ID' },
    };
    expect(withViews(r2, views)).toEqual([]);
  });

  it('of a pair must say where its other half is', () => {
    expect(withViews(r2, { 'app/R2_SECRET_ACCESS_KEY': '{secretAccessKey}' })).toMatchObject([
      { what: expect.stringContaining('without "accessKeyId"') },
    ]);
  });

  it('may not name what another preset derives', () => {
    expect(withViews(sendgrid, { 'app/X': '{accessKeyId}' })).toMatchObject([
      { what: expect.stringContaining('no field "accessKeyId"') },
    ]);
  });

  it('of a secret with a refused target has that one mistake', () => {
    expect(withViews({ ...sendgrid, parameters: {} }, { 'app/KEY': '{value}' })).toMatchObject([
      { what: expect.stringContaining('scopes') },
    ]);
  });
});
