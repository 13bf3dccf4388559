import type { KeyObject } from 'node:crypto';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import {
  type Algorithm,
  isSymmetric,
  type Jwk,
  jwkOfText,
  privateKeyOf,
  publicJwkOf,
  textOfJwk,
} from './algorithms.ts';
import type { Key } from './key-set.ts';
import { hardenedKid, isKid, thumbprint } from './kid.ts';
import { signingKey } from './signing-key.ts';

/**
 * The one key of a value that people wrote before Keyturn: `key` (an HMAC key's text), `pem` or `jwk` (a private key), `apiKey`.
 * Undefined when there is none. @throws SecretMalformed
 */
export function adoptKey(fields: Readonly<Record<string, unknown>>, algorithm: Algorithm): Key | undefined {
  const { key, apiKey, pem, jwk } = fields;
  if (algorithm === 'opaque') {
    if (!isText(apiKey) || !printable.test(apiKey)) return refuse(apiKey, 'apiKey');
    return { kid: hardenedKid(apiKey), secret: SecretValue.of(apiKey) };
  }
  if (isSymmetric(algorithm)) {
    const named = isText(jwk) ? parseJwk(jwk) : undefined;
    const text = named ? textOfJwk(named) : isText(key) ? key : undefined;
    if (text === undefined) return refuse(jwk ?? key, jwk === undefined ? 'key' : 'jwk');
    return signingKey(jwkOfText(text), named?.kid ?? hardenedKid(text), algorithm);
  }
  const source = isText(jwk) ? parseJwk(jwk) : isText(pem) ? pem : undefined;
  if (source === undefined) return refuse(jwk ?? pem, jwk === undefined ? 'pem' : 'jwk');
  const named = typeof source === 'string' ? undefined : source.kid;
  let privateKey: KeyObject;
  try {
    privateKey = privateKeyOf(source, algorithm);
  } catch {
    // Without the cause: it may quote the key.
    return refuse(source, typeof source === 'string' ? 'pem' : 'jwk');
  }
  return signingKey(
    privateKey.export({ format: 'jwk' }) as Jwk,
    named ?? thumbprint(publicJwkOf(privateKey)),
    algorithm,
  );
}

/** What can stand in a header. */
const printable = /^[\x21-\x7e]+$/;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function parseJwk(text: string): Jwk | undefined {
  try {
    const jwk = JSON.parse(text) as Jwk | null;
    if (typeof jwk?.kty !== 'string') return undefined;
    return jwk.kid === undefined || isKid(jwk.kid) ? jwk : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing is no key yet; something that cannot be used is a mistake. */
function refuse(value: unknown, field: string): undefined {
  if (value === undefined) return undefined;
  throw new KeyturnError(
    'SecretMalformed',
    `the secret's field "${field}" is no key of the algorithm that the inventory names`,
  );
}
