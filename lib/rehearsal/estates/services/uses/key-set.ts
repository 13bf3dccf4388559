import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { openHolder, openIssuer } from '../tokens/issuer.ts';
import { answer, openKeyring, openVerifier } from '../tokens/verifier.ts';
import type { Credential, Route, Use } from '../use.ts';

const Settings = z.object({
  algorithm: z.string(),
  claims: z.record(z.string(), z.unknown()),
  verifiers: z.array(z.object({ url: z.string(), header: z.string(), before: z.optional(z.string()) })),
});

const lifeSeconds = 30;

/**
 * Makes a token with the current key and shows it to every verifier, which is a service too, this one or another; accepts at
 * the verifiers' paths whatever the keys of the set have made.
 */
export function openUse({ fields: given, settings, service }: Credential): Use {
  const { algorithm, claims, verifiers } = Settings.parse(settings);
  const fields = { ...given, ...(given['acceptedKeys'] && fieldsOf(given['acceptedKeys'], algorithm)) };
  const issuer = typeof claims['iss'] === 'string' ? claims['iss'] : undefined;
  const { apiKey, jwk, acceptedHashes } = fields;
  const maker =
    apiKey === undefined ? jwk && openIssuer(jwk, { issuer: issuer ?? service, lifeSeconds }) : openHolder(apiKey);
  const set = fields['jwks'] ?? fields['secretJwks'];
  const judge = acceptedHashes === undefined ? set && openVerifier(set, issuer) : openKeyring(acceptedHashes);

  const route = (header: string, before = ''): Route => {
    return async (request, response) => {
      if (!judge) return void response.writeHead(404).end();
      const shown = String(request.headers[header.toLowerCase()] ?? '');
      request.headers.authorization = `Bearer ${shown.slice(header.toLowerCase() === 'authorization' ? 7 : before.length)}`;
      await answer(judge, request, response);
    };
  };

  return {
    routes: Object.fromEntries(
      verifiers.map(({ url, header, before }) => [new URL(url).pathname, route(header, before)]),
    ),
    async work() {
      if (!maker) return;
      for (const { url, header, before } of verifiers) {
        const start = before ?? (header.toLowerCase() === 'authorization' ? 'Bearer ' : '');
        const response = await fetch(url, { headers: { [header]: `${start}${await maker.issue()}` } });
        await response.arrayBuffer();
        if (response.status !== 200) throw failed(`token ${response.status}`);
      }
    },
    /** By itself: whoever verifies may not be there yet when this service starts. */
    async check() {
      if (maker && judge && !(await judge.accepts(await maker.issue()))) throw failed('own token refused');
    },
    close: async () => undefined,
  };
}

/** What a list of plain keys, the current one first, says in the words of the other views. */
function fieldsOf(acceptedKeys: string, alg: string): Record<string, string> {
  const keys = z.array(z.string()).parse(JSON.parse(acceptedKeys));
  if (alg === 'opaque') {
    const hashes = keys.map((key) => createHash('sha256').update(key).digest('hex'));
    return { apiKey: keys[0] ?? '', acceptedHashes: JSON.stringify(hashes) };
  }
  const jwks = keys.map((key) => ({ kty: 'oct', alg, k: Buffer.from(key).toString('base64url') }));
  return { jwk: JSON.stringify(jwks[0]), secretJwks: JSON.stringify({ keys: jwks }) };
}

function failed(code: string): Error {
  return Object.assign(new Error(code), { code });
}
