import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose';

/** What accepts tokens: whoever has the whole set. */
export interface Verifier {
  accepts(token: string): Promise<boolean>;
}

/** @param jwks the view `{jwks}`, or `{secretJwks}` of a shared key */
export function openVerifier(jwks: string, issuer?: string): Verifier {
  const { keys } = JSON.parse(jwks) as { keys: (JWK & { alg: string })[] };
  return {
    async accepts(token) {
      const { kid } = headerOf(token);
      // A token from before the set has no key id, nor has a key of a plain list: then each is tried.
      for (const key of keys.filter((each) => [each.kid, kid].includes(undefined) || each.kid === kid)) {
        const options = { algorithms: [key.alg], requiredClaims: ['exp'], ...(issuer && { issuer }) };
        const verified = await jwtVerify(token, await importJWK(key, key.alg), options).catch(() => undefined);
        if (verified !== undefined) return true;
      }
      return false;
    },
  };
}

function headerOf(token: string): { kid?: string } {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return { kid: '' };
  }
}

/** @param acceptedHashes the view `{acceptedHashes}`: who verifies API keys need not hold them */
export function openKeyring(acceptedHashes: string): Verifier {
  const hashes = (JSON.parse(acceptedHashes) as string[]).map((hash) => Buffer.from(hash, 'hex'));
  return {
    async accepts(token) {
      const shown = createHash('sha256').update(token).digest();
      return hashes.some((hash) => timingSafeEqual(hash, shown));
    },
  };
}

/** Answers 200 to a request with a token that is accepted, in `Authorization: Bearer`, and 401 to any other. */
export async function answer(verifier: Verifier, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const accepted = await verifier.accepts(token);
  response.writeHead(accepted ? 200 : 401, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ accepted }));
}
