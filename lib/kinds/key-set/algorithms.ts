import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** A JSON Web Key (RFC 7517), its members that Keyturn looks at. */
export interface Jwk {
  kty: string;
  kid?: string;
  alg?: string;
  use?: string;
  k?: string;
  [member: string]: unknown;
}

/** How tokens are signed (RFC 7518, RFC 8037), or `opaque`: random tokens of one's own that are compared as they are. */
export const algorithms = ['HS256', 'HS384', 'HS512', 'ES256', 'EdDSA', 'RS256', 'opaque'] as const;
export type Algorithm = (typeof algorithms)[number];
export type SigningAlgorithm = Exclude<Algorithm, 'opaque'>;

/** Bytes of chance in an HMAC key: as many as the hash puts out, https://www.rfc-editor.org/rfc/rfc7518#section-3.2 */
const hmacBytes: Partial<Record<Algorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 };

export function isSymmetric(algorithm: Algorithm): boolean {
  return algorithm in hmacBytes;
}

/**
 * A new private key. An HMAC key is the bytes of a base64url text, so that an application that takes a plain string and one
 * that takes a JWK have the same key.
 */
export function newJwk(algorithm: SigningAlgorithm): Jwk {
  const bytes = hmacBytes[algorithm];
  if (bytes !== undefined) return jwkOfText(randomBytes(bytes).toString('base64url'));
  return keyPair(algorithm).export({ format: 'jwk' }) as Jwk;
}

function keyPair(algorithm: SigningAlgorithm): KeyObject {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

export function jwkOfText(text: string): Jwk {
  return { kty: 'oct', k: Buffer.from(text, 'utf8').toString('base64url') };
}

/** The text whose bytes an HMAC key is; undefined when its bytes are no text. */
export function textOfJwk({ k = '' }: Jwk): string | undefined {
  const bytes = Buffer.from(k, 'base64url');
  const text = bytes.toString('utf8');
  return bytes.length > 0 && Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

/** The private key of a JWK or PEM, for this algorithm. @throws Error, which may quote the key: never shown */
export function privateKeyOf(source: Jwk | string, algorithm: Algorithm): KeyObject {
  const key =
    typeof source === 'string' ? createPrivateKey(source) : createPrivateKey({ key: { ...source }, format: 'jwk' });
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  const fits = {
    ES256: type === 'ec' && details.namedCurve === 'prime256v1',
    EdDSA: type === 'ed25519',
    RS256: type === 'rsa' && (details.modulusLength ?? 0) >= 2048,
  } as Partial<Record<Algorithm, boolean>>;
  if (fits[algorithm] !== true) throw new Error('a key of another algorithm, or too short a one');
  return key;
}

/** The public half, derived from the private one and not taken from beside it. */
export function publicJwkOf(key: KeyObject): Jwk {
  return createPublicKey(key).export({ format: 'jwk' }) as Jwk;
}
