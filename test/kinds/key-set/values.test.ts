import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, importPKCS8, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { render } from '../../../lib/core/views/template.ts';
import { type Algorithm, algorithms } from '../../../lib/kinds/key-set/algorithms.ts';
import { keySet } from '../../../lib/kinds/key-set/facts.ts';
import type { KeySet } from '../../../lib/kinds/key-set/key-set.ts';
import { proposeValue } from '../../../lib/kinds/key-set/value.ts';
import { fieldsIn, grownSet, kind } from './harness.ts';

function targetOf(algorithm: Algorithm) {
  const seconds = algorithm === 'opaque' ? { holdersFetchWithinSeconds: 60 } : { maximumTokenLifeSeconds: 60 };
  return keySet.parseTarget({ algorithm, ...seconds, noVerifier: 'a test' });
}

const parse = (fields: object, algorithm: Algorithm) =>
  kind.parse(SecretValue.of(JSON.stringify(fields)), targetOf(algorithm));
const signing = algorithms.filter((algorithm) => algorithm !== 'opaque');
const pairs = signing.filter((algorithm) => !algorithm.startsWith('HS'));
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

describe('a new set', () => {
  it.each(signing)('of %s names each key by its RFC 7638 thumbprint, as jose reckons it', async (algorithm) => {
    const { keys } = JSON.parse(grownSet(targetOf(algorithm)).reveal()) as { keys: Record<string, JWK> };
    expect(Object.keys(keys)).toEqual(['previous', 'current', 'next']);
    for (const key of Object.values(keys)) expect(key.kid).toBe(await calculateJwkThumbprint(key));
  });

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('of %s has keys of %i bytes of chance, the same as a text and as a JWK', (algorithm, bytes) => {
    const fields = fieldsIn(grownSet(targetOf(algorithm)));
    expect(Buffer.from(fields['key'] ?? '', 'base64url')).toHaveLength(bytes);
    const { k } = JSON.parse(fields['jwk'] ?? '') as { k: string };
    expect(Buffer.from(k, 'base64url').toString()).toBe(fields['key']);
    const accepted = JSON.parse(fields['acceptedKeys'] ?? '') as string[];
    expect(accepted[0]).toBe(fields['key']);
    const { keys } = JSON.parse(fields['secretJwks'] ?? '') as { keys: JWK[] };
    expect(keys.map((key) => Buffer.from(key.k ?? '', 'base64url').toString())).toEqual(accepted);
  });

  it.each(pairs)('of %s publishes the public halves of every key, and nothing private', async (algorithm) => {
    const fields = fieldsIn(grownSet(targetOf(algorithm)));
    const stored = JSON.parse(grownSet(targetOf(algorithm)).reveal()) as { keys: Record<string, JWK> };
    const { keys } = JSON.parse(fields['jwks'] ?? '') as { keys: JWK[] };
    expect(keys).toHaveLength(Object.keys(stored.keys).length);
    for (const key of keys) {
      expect(key).toMatchObject({ alg: algorithm, use: 'sig', kid: expect.any(String) });
      expect(Object.keys(key).filter((member) => privateMembers.includes(member))).toEqual([]);
    }
    expect(keys[0]?.kid).toBe(fields['kid']);
    await importPKCS8(fields['pem'] ?? '', algorithm);
    const { kid, alg, use, ...published } = keys[0] ?? {};
    expect(createPublicKey(fields['publicPem'] ?? '').export({ format: 'jwk' })).toEqual(published);
  });

  it('of API keys is told by its prefix, has 256 bits of chance behind a public id, and shows hashes to whoever need not hold it', () => {
    const target = { ...targetOf('opaque'), prefix: 'shop_live_' };
    const fields = fieldsIn(proposeValue(target, undefined));
    expect(fields['apiKey']).toMatch(/^shop_live_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}$/);
    expect(fields['apiKey']?.startsWith(`${fields['kid']}_`)).toBe(true);
    const keys = JSON.parse(fields['acceptedKeys'] ?? '') as string[];
    expect(keys).toHaveLength(2);
    expect(JSON.parse(fields['acceptedHashes'] ?? '')).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  });

  it('keeps the fields that are not its own', () => {
    const set = parse({ algorithm: 'ES256', note: 'kept', pem: pemOf('ES256') }, 'ES256');
    expect(fieldsIn(proposeValue(targetOf('ES256'), set))['note']).toBe('kept');
  });

  it('serves a JWKS by a plain template', () => {
    const value = grownSet(targetOf('EdDSA'));
    expect(render('{jwks}', value).reveal()).toBe(fieldsIn(value)['jwks']);
  });
});

function pemOf(algorithm: Algorithm): string {
  const { privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : algorithm === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
}

describe('a key from before Keyturn', () => {
  it('is taken as a text, and keeps its very text in the next version', () => {
    const set = parse({ algorithm: 'HS256', key: 'a phrase that somebody chose' }, 'HS256') as KeySet;
    expect([set.previous, set.next]).toEqual([undefined, undefined]);
    const fields = fieldsIn(proposeValue(targetOf('HS256'), set));
    expect(fields['key']).toBe('a phrase that somebody chose');
    expect(JSON.parse(fields['acceptedKeys'] ?? '')).toHaveLength(2);
    // Not the bare hash of what may stand in a word list, and the same each time.
    expect(fields['kid']).toMatch(/^[0-9a-f]{16}$/);
    expect(parse({ key: 'a phrase that somebody chose' }, 'HS256')?.current.kid).toBe(fields['kid']);
  });

  it.each(pairs)('is taken as a PEM for %s, under its thumbprint', async (algorithm) => {
    const pem = pemOf(algorithm);
    const jwk = createPublicKey(pem).export({ format: 'jwk' });
    const set = parse({ pem }, algorithm);
    expect(set?.current.kid).toBe(await calculateJwkThumbprint(jwk as JWK));
    expect(fieldsIn(proposeValue(targetOf(algorithm), set))['pem']).toBe(pem);
  });

  it('is taken as a JWK, under the id that its verifiers know', () => {
    const jwk = JSON.stringify({
      ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
      kid: 'key-2024',
      x5c: ['…'],
    });
    expect(parse({ jwk }, 'EdDSA')?.current.kid).toBe('key-2024');
    const shared = JSON.stringify({ kty: 'oct', k: Buffer.from('text').toString('base64url'), kid: 'shared-1' });
    expect(parse({ jwk: shared }, 'HS256')?.current.kid).toBe('shared-1');
  });

  it('is taken as an API key', () => {
    const set = parse({ apiKey: 'legacy-key' }, 'opaque') as KeySet;
    expect(fieldsIn(proposeValue(targetOf('opaque'), set))['apiKey']).toBe('legacy-key');
  });

  it.each<[string, Algorithm, object]>([
    ['an EdDSA key for ES256', 'ES256', { pem: pemOf('EdDSA') }],
    ['a public key', 'EdDSA', { jwk: JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }) }],
    ['text for a PEM', 'RS256', { pem: 'not a PEM' }],
    ['a number for a key', 'HS256', { key: 42 }],
    ['a JWK that is no JSON', 'HS512', { jwk: '{' }],
    ['bytes that are no text', 'HS256', { jwk: JSON.stringify({ kty: 'oct', k: '__8' }) }],
    ['an empty API key', 'opaque', { apiKey: '' }],
    ['an API key that no header can carry', 'opaque', { apiKey: 'two words' }],
    ['a JWK whose id no header can carry', 'HS256', { jwk: JSON.stringify({ kty: 'oct', k: 'AAAA', kid: 'ä' }) }],
  ])('is refused where it is %s', (_, algorithm, fields) => {
    expect(() => parse(fields, algorithm)).toThrow(expect.objectContaining({ code: 'SecretMalformed' }));
  });

  it('is refused when its RSA modulus is short', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    expect(() => parse({ pem }, 'RS256')).toThrow(expect.objectContaining({ code: 'SecretMalformed' }));
  });
});

describe('a value that somebody changed by hand', () => {
  const stored = () => JSON.parse(grownSet(targetOf('ES256')).reveal());

  it.each<[string, (value: { keys: Record<string, JWK>; [field: string]: unknown }) => void]>([
    ['with another JWKS than its keys', (value) => Object.assign(value, { jwks: '{"keys":[]}' })],
    ['without a current key', (value) => delete value.keys['current']],
    ['with the same key twice', (value) => Object.assign(value.keys, { next: value.keys['current'] })],
    ['with a public key for a private one', (value) => delete value.keys['next']?.d],
    ['with an id that would break a header', (value) => Object.assign(value.keys['next'] ?? {}, { kid: 'a\nb' })],
    ['with an API key among them', (value) => Object.assign(value.keys, { next: { kid: 'k', token: 't' } })],
  ])('%s is refused, without a word of it', (_, change) => {
    const value = stored();
    change(value);
    const secret = (stored().keys.current as JWK).d ?? '';
    try {
      parse(value, 'ES256');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'SecretMalformed' });
      expect(String(error)).not.toContain(secret);
    }
  });

  it('may have lost what views show of it: that follows from its keys', () => {
    const { algorithm, keys } = stored();
    expect(parse({ algorithm, keys }, 'ES256')?.current.kid).toBe(keys.current.kid);
  });
});

describe('what must not be shown of a value', () => {
  it.each(pairs)('is each private member of %s, in a PEM too, and nothing that is public', (algorithm) => {
    const value = grownSet(targetOf(algorithm));
    const fields = fieldsIn(value);
    const texts = keySet.secretTexts?.(JSON.parse(value.reveal())) ?? [];
    const { keys } = JSON.parse(value.reveal()) as { keys: Record<string, JWK> };
    for (const { d } of Object.values(keys)) expect(texts).toContain(d);
    const pem = (fields['pem'] ?? '').split('\n').slice(1, -2).join('');
    const pieces = texts.map((text) => text.slice(0, 12));
    expect(pieces.some((piece) => pem.includes(piece))).toBe(true);
    for (const shown of ['jwks', 'publicPem', 'kid']) {
      const plain = (fields[shown] ?? '').replaceAll('\n', '');
      expect(pieces.filter((piece) => plain.includes(piece))).toEqual([]);
    }
  });

  it('is the text of a shared key, and of an API key all but its id', () => {
    const shared = grownSet(targetOf('HS256'));
    expect(keySet.secretTexts?.(JSON.parse(shared.reveal()))).toContain(fieldsIn(shared)['key']);
    const { apiKey = '', kid = '', ...rest } = fieldsIn(grownSet(targetOf('opaque')));
    const texts = keySet.secretTexts?.({ apiKey, kid, ...rest }) ?? [];
    expect(texts).toHaveLength(3);
    expect(texts).toContain(apiKey.slice(kid.length + 1));
    expect(keySet.secretTexts?.({ apiKey: 'legacy' })).toEqual(['legacy']);
  });
});
