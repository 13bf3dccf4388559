import { importJWK, type JWK, SignJWT } from 'jose';

/** A key as a version's value has it. */
export interface StoredKey {
  kid: string;
  /** Of an API key. */
  token?: string;
}

/** Of a set's value, the key in use first. */
export function keysIn(value: string): StoredKey[] {
  const { keys } = JSON.parse(value) as { keys: Record<'current' | 'previous' | 'next', StoredKey | undefined> };
  return [keys.current, keys.previous, keys.next].filter((key) => key !== undefined);
}

/** What a holder of the key shows, made by jose alone. */
export async function shownBy(key: StoredKey, claims: Readonly<Record<string, unknown>>): Promise<string> {
  if (key.token !== undefined) return key.token;
  const jwk = key as unknown as JWK & { alg: string };
  return await new SignJWT({ sub: 'the rehearsal', ...claims })
    .setProtectedHeader({ alg: jwk.alg, kid: key.kid })
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(await importJWK(jwk, jwk.alg));
}
