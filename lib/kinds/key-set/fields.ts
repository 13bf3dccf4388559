import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { FieldRole } from '../../core/kind.ts';
import { type Algorithm, isSymmetric, type Jwk, publicJwkOf, textOfJwk } from './algorithms.ts';
import { inOrder, type Key, type Keys } from './key-set.ts';

type Fields = Readonly<Record<string, FieldRole>>;

/** What every value has. */
export const commonFields = { algorithm: 'plain', kid: 'plain' } as const satisfies Fields;

const sharedKey = { key: 'secret', jwk: 'secret', secretJwks: 'secret', acceptedKeys: 'secret' } as const;
const keyPair = { jwk: 'secret', pem: 'secret', jwks: 'plain', publicPem: 'plain' } as const;
const apiKey = { apiKey: 'secret', acceptedKeys: 'secret', acceptedHashes: 'secret' } as const;

/** What views may name, beside the common fields. All follow from the set's keys. */
export function fieldsFor(algorithm: Algorithm): Fields {
  if (algorithm === 'opaque') return apiKey;
  return isSymmetric(algorithm) ? sharedKey : keyPair;
}

/** Fields that hand out the current key alone, in a form that a verifier without the set might be given. */
export const currentAloneFields = ['key', 'apiKey', 'publicPem'];

/** The text of every field. */
export function derive(keys: Keys, algorithm: Algorithm): Record<string, string> {
  const all = inOrder(keys);
  const common = { algorithm, kid: keys.current.kid };
  if (algorithm === 'opaque') {
    const texts = all.map(({ secret }) => secret.parse((text) => text));
    return {
      ...common,
      apiKey: texts[0] ?? '',
      acceptedKeys: JSON.stringify(texts),
      acceptedHashes: JSON.stringify(texts.map((text) => createHash('sha256').update(text).digest('hex'))),
    };
  }
  const [current = { kty: '' }] = all.map(jwkOf);
  if (isSymmetric(algorithm)) {
    const texts = all.map((key) => textOfJwk(jwkOf(key)) ?? '');
    return {
      ...common,
      key: texts[0] ?? '',
      jwk: JSON.stringify(current),
      secretJwks: JSON.stringify({ keys: all.map(jwkOf) }),
      acceptedKeys: JSON.stringify(texts),
    };
  }
  const privateKey = createPrivateKey({ key: { ...current }, format: 'jwk' });
  const publicKeys = all.map((key) => publicJwk(jwkOf(key)));
  return {
    ...common,
    jwk: JSON.stringify(current),
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    jwks: JSON.stringify({ keys: publicKeys }),
    publicPem: createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }) as string,
  };
}

export function jwkOf({ secret }: Key): Jwk {
  return secret.parse((json) => JSON.parse(json) as Jwk);
}

function publicJwk(jwk: Jwk): Jwk {
  const { kid, alg } = jwk;
  return {
    ...publicJwkOf(createPrivateKey({ key: { ...jwk }, format: 'jwk' })),
    ...(kid !== undefined && { kid }),
    ...(alg !== undefined && { alg }),
    use: 'sig',
  };
}
