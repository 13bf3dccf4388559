import { importJWK, type JWK, SignJWT } from 'jose';

/** What makes a token, or shows the key that it has: the one part of a set that is not all of it. */
export interface Issuer {
  issue(): Promise<string>;
}

/** @param jwk the view `{jwk}`: the current private key, with its id and algorithm */
export function openIssuer(jwk: string, { issuer, lifeSeconds }: { issuer: string; lifeSeconds: number }): Issuer {
  const key = JSON.parse(jwk) as JWK & { alg: string; kid: string };
  return {
    issue: async () =>
      new SignJWT({ sub: issuer })
        .setProtectedHeader({ alg: key.alg, kid: key.kid })
        .setIssuer(issuer)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + lifeSeconds)
        .sign(await importJWK(key, key.alg)),
  };
}

/** @param apiKey the view `{apiKey}` */
export function openHolder(apiKey: string): Issuer {
  return { issue: async () => apiKey };
}
