import { KeyturnError } from '../../core/errors.ts';
import type { KindContext, Refusal } from '../../core/kind.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { type Algorithm, isSymmetric, type Jwk, privateKeyOf, publicJwkOf } from './algorithms.ts';
import { isSignedBy, signToken, type Verifiers } from './client.ts';
import { jwkOf } from './fields.ts';
import { type Key, type KeySet, leaving } from './key-set.ts';
import type { Target, Verifier } from './schema.ts';

export type Context = KindContext<Target>;

/** The verbs that try keys: at the places that accept them, where the inventory names such. */
export function acceptanceOf(verifiers: Verifiers) {
  /** @throws AuthenticationRefused when a verifier does not know the current key */
  async function verify(context: Context, { current }: KeySet): Promise<void> {
    const token = await tokenOf(context, current);
    for (const verifier of context.target.verifiers ?? []) {
      const status = await verifiers.ask({ verifier, token, signal: context.signal });
      if (status >= 400) {
        throw new KeyturnError(
          'AuthenticationRefused',
          `${nameOf(verifier)} answered ${status} to key ${current.kid}: it does not run on the whole set, or asks for other claims`,
        );
      }
    }
  }

  /** Right after a proof of what is accepted, at the same place: each key that leaves. Nothing is asked when none does. */
  async function proveRefused(context: Context, versions: { retire: KeySet; keep: KeySet }): Promise<Refusal[]> {
    const gone = leaving(versions);
    if (gone.length === 0) return [];
    const { current } = versions.keep;
    const control = await tokenOf(context, current);
    const tokens = await Promise.all(gone.map(async (key) => ({ key, token: await tokenOf(context, key) })));
    const refusals: Refusal[] = [];
    for (const verifier of context.target.verifiers ?? []) {
      const place = { verifier, signal: context.signal };
      const accepted = await proving(verifiers.ask({ ...place, token: control }));
      if (accepted >= 400)
        throw new KeyturnError(
          'NotProven',
          `no proof: ${nameOf(verifier)} answered ${accepted} to key ${current.kid} too`,
        );
      for (const { key, token } of tokens) {
        const status = await proving(verifiers.ask({ ...place, token }));
        if (status < 400)
          throw new KeyturnError(
            'StillAccepted',
            `${nameOf(verifier)} still accepts key ${key.kid}, or asks for no key at all`,
          );
        refusals.push({ endpoint: nameOf(verifier), error: `${key.kid}: HTTP ${status}` });
      }
    }
    return refusals;
  }

  return { verify, proveRefused };
}

/**
 * What its holder would show: an API key itself, or a token that the key has just signed and its other half accepts.
 * @throws SecretMalformed when it does not
 */
async function tokenOf({ target, clock, signal }: Context, key: Key): Promise<SecretValue> {
  refuseLate(signal);
  if (target.algorithm === 'opaque') return key.secret;
  const jwk = jwkOf(key);
  const nowMs = clock.nowMs();
  // Without the cause: it may quote the key.
  const token = await signToken(jwk, target.claims ?? {}, nowMs).catch(() => undefined);
  if (token !== undefined && (await isSignedBy(token, otherHalf(jwk, target.algorithm), nowMs))) return token;
  throw new KeyturnError('SecretMalformed', `what key ${key.kid} signs is not what its other half accepts`);
}

function otherHalf(jwk: Jwk, alg: Algorithm): Jwk {
  return isSymmetric(alg) ? jwk : { ...publicJwkOf(privateKeyOf(jwk, alg)), alg };
}

/** @throws TargetTimeout */
export function refuseLate(signal: AbortSignal): void {
  if (signal.aborted) throw new KeyturnError('TargetTimeout', 'the caller ran out of time before anything was asked');
}

/** What keeps an answer from coming is no proof. */
async function proving<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    throw new KeyturnError('NotProven', `no proof: ${error.message}`, { cause: error });
  }
}

function nameOf({ url }: Verifier): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
