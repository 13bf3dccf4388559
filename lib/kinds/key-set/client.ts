import { importJWK, jwtVerify, SignJWT } from 'jose';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { httpRequest } from '../../net/http-client.ts';
import type { Jwk } from './algorithms.ts';
import type { Verifier } from './schema.ts';

/** Long enough for an answer, and over before anybody can do anything with it. */
const tokenLifeSeconds = 60;

/** A short-lived token of a private key's. @throws jose's errors, which quote no key */
export async function signToken(
  jwk: Jwk,
  claims: Readonly<Record<string, unknown>>,
  atMs: number,
): Promise<SecretValue> {
  const { alg = '', kid = '' } = jwk;
  const atSeconds = Math.floor(atMs / 1000);
  const token = await new SignJWT({ sub: 'keyturn', ...claims })
    .setProtectedHeader({ alg, kid, typ: 'JWT' })
    .setIssuedAt(atSeconds)
    .setExpirationTime(atSeconds + tokenLifeSeconds)
    .setJti(crypto.randomUUID())
    .sign(await importJWK({ ...jwk }, alg));
  return SecretValue.of(token);
}

/** Whether the token's signature is the key's own. The key is a public one, or a symmetric one. */
export async function isSignedBy(token: SecretValue, jwk: Jwk, atMs: number): Promise<boolean> {
  const { alg = '' } = jwk;
  try {
    const options = { algorithms: [alg], currentDate: new Date(atMs) };
    await jwtVerify(token.reveal(), await importJWK({ ...jwk }, alg), options);
    return true;
  } catch {
    return false;
  }
}

export interface Ask {
  verifier: Verifier;
  token: SecretValue;
  signal: AbortSignal;
}

/** For everything: name, connection, answer. */
const timeoutMs = 10_000;

/** The places that accept keys. */
export class Verifiers {
  /**
   * The status of an answer that says yes (2xx) or no (401, 403). The body is not read.
   * @throws TargetThrottled, TargetFailed when it says neither, and what lib/net throws
   */
  async ask({ verifier, token, signal }: Ask): Promise<number> {
    const { url, header, plaintext } = verifier;
    const before = verifier.before ?? (header.toLowerCase() === 'authorization' ? 'Bearer ' : '');
    const { status } = await httpRequest({
      url,
      headers: { [header]: `${before}${token.reveal()}` },
      plaintext: plaintext !== undefined,
      timeoutMs,
      maximumBodyBytes: 0,
      signal,
    });
    if ((status >= 200 && status < 300) || status === 401 || status === 403) return status;
    const { origin, pathname } = new URL(url);
    const place = `${origin}${pathname} answered ${status}`;
    if (status === 429) throw new KeyturnError('TargetThrottled', `${place}: the verifier throttles`);
    throw new KeyturnError(
      'TargetFailed',
      `${place}, which neither accepts nor refuses a key (2xx, 401 or 403); redirects are not followed`,
    );
  }
}
