import { describe, expect, it } from 'vitest';
import { keySet } from '../../../lib/kinds/key-set/facts.ts';

const es256 = { algorithm: 'ES256', maximumTokenLifeSeconds: 900, noVerifier: 'no verifier is reached from here' };
const { noVerifier, ...silent } = es256;
const verifier = { url: 'https://api.example/me' };

describe('a target', () => {
  it('is parsed to itself, and sends tokens as bearers', () => {
    const target = keySet.parseTarget({ ...silent, verifiers: [verifier], claims: { aud: 'api' } });
    expect(target.verifiers).toEqual([{ url: 'https://api.example/me', header: 'authorization' }]);
    expect(keySet.parseTarget(target)).toEqual(target);
  });

  it.each<[string, object, string]>([
    ['no algorithm', { maximumTokenLifeSeconds: 900, noVerifier }, 'target.algorithm: not one of HS256'],
    ['no token life', { algorithm: 'HS256', noVerifier }, 'target.maximumTokenLifeSeconds: HS256 needs it'],
    ['no time for holders', { algorithm: 'opaque', noVerifier }, 'target.holdersFetchWithinSeconds: opaque needs it'],
    [
      'a token life of API keys',
      { algorithm: 'opaque', holdersFetchWithinSeconds: 1, maximumTokenLifeSeconds: 1, noVerifier },
      'target.maximumTokenLifeSeconds: has no meaning',
    ],
    [
      'a time that is none',
      { ...es256, maximumTokenLifeSeconds: 0 },
      'target.maximumTokenLifeSeconds: must be more than 0',
    ],
    ['a prefix of signed tokens', { ...es256, prefix: 'a_' }, 'target.prefix: is for opaque keys'],
    ['neither a verifier nor a reason', silent, 'target.verifiers: name where a retired key must be refused'],
    ['both', { ...es256, verifiers: [verifier] }, 'target.verifiers: name where'],
    ['no verifier in the list', { ...silent, verifiers: [] }, 'target.verifiers: name one'],
    ['an empty reason', { ...silent, noVerifier: ' ' }, 'target.noVerifier: the reason is empty'],
    [
      'a verifier without TLS',
      { ...silent, verifiers: [{ url: 'http://api.example/me', plaintext: 'why not' }] },
      'target.verifiers.0.url: not encrypted',
    ],
    [
      'a verifier on this machine without a reason',
      { ...silent, verifiers: [{ url: 'http://127.0.0.1:8080/' }] },
      'target.verifiers.0.url: not encrypted',
    ],
    [
      'a reason without a meaning',
      { ...silent, verifiers: [{ ...verifier, plaintext: 'x' }] },
      'target.verifiers.0.plaintext: has no meaning',
    ],
    [
      'a password in a URL',
      { ...silent, verifiers: [{ url: 'https://me:pw@api.example/' }] },
      'target.verifiers.0.url: a URL must not carry',
    ],
    [
      'a header that breaks the request',
      { ...silent, verifiers: [{ ...verifier, header: 'a\r\nb' }] },
      'target.verifiers.0.header: not a header name',
    ],
    ['claims that Keyturn sets', { ...es256, claims: { exp: 1 } }, 'target.claims.exp: is set by Keyturn'],
    [
      'claims of API keys',
      { algorithm: 'opaque', holdersFetchWithinSeconds: 1, noVerifier, claims: {} },
      'target.claims: opaque keys carry none',
    ],
    ['an unknown field', { ...es256, issuer: 'x' }, 'issuer is not known here'],
  ])('is refused with %s', (_, target, message) => {
    expect(() => keySet.parseTarget(target)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining(message) }),
    );
  });

  it('says why nobody sees a refusal, where nobody does', () => {
    expect(keySet.unproven?.(keySet.parseTarget(es256))).toBe(noVerifier);
    expect(keySet.unproven?.(keySet.parseTarget({ ...silent, verifiers: [verifier] }))).toBeUndefined();
  });
});

describe('a view', () => {
  const target = keySet.parseTarget(es256);

  it.each(['key', 'apiKey', 'publicPem'])(
    'of {%s} hands out the current key alone, which the inventory must answer for',
    (field) => {
      expect(keySet.viewMistake?.(target, ['kid', field])).toMatchObject({ what: expect.stringContaining(field) });
      const stated = keySet.parseTarget({ ...es256, currentAlone: 'the issuer reads it, and verifies nothing' });
      expect(keySet.viewMistake?.(stated, [field])).toBeUndefined();
    },
  );

  it.each(['jwk', 'pem', 'jwks', 'secretJwks', 'acceptedKeys'])('of {%s} needs no reason', (field) => {
    expect(keySet.viewMistake?.(target, [field])).toBeUndefined();
  });
});
