import { KeyturnError } from '../../core/errors.ts';
import type { KindContext, Refusal } from '../../core/kind.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { controlLogin, refusedLogin } from '../shared/proof.ts';
import { type Algorithm, isSymmetric, type Jwk, privateKeyOf, publicJwkOf } from './algorithms.ts';
import { isSignedBy, signToken, type Verifiers } from './client.ts';
import { jwkOf } from './fields.ts';
import { type Key, type KeySet, leaving } from './key-set.ts';
import type { Target, Verifier } from './schema.ts';

export type Context = KindContext<Target>;

/** The verbs that try keys: at the places that accept them, where the inventory names such. */
export function acceptanceOf(verifiers: Verifiers) {
  /** @throws AuthenticationRefused */
  async function show(context: Context, verifier: Verifier, key: Key, remedy = ''): Promise<void> {
    const token = await tokenOf(context, key);
    const status = await verifiers.ask({ verifier, token, signal: context.signal });
    if (status >= 400)
      throw new KeyturnError(
        'AuthenticationRefused',
        `${nameOf(verifier)} answered ${status} to key ${key.kid}${remedy}`,
      );
  }

  /** @throws AuthenticationRefused when a verifier does not know the current key */
  async function verify(context: Context, { current }: KeySet): Promise<void> {
    // Where nobody is asked, the key is still tried against its own other half.
    await tokenOf(context, current);
    const remedy = ': give it every key of the set, and the target the claims that it asks for';
    for (const verifier of context.target.verifiers ?? []) await show(context, verifier, current, remedy);
  }

  /** Right after a proof of what is accepted, at the same place: each key that leaves. Nothing is asked when none does. */
  async function proveRefused(context: Context, versions: { retire: KeySet; keep: KeySet }): Promise<Refusal[]> {
    const gone = leaving(versions);
    if (gone.length === 0) return [];
    const { current } = versions.keep;
    const refusals: Refusal[] = [];
    for (const verifier of context.target.verifiers ?? []) {
      const endpoint = nameOf(verifier);
      await controlLogin(() => show(context, verifier, current));
      for (const key of gone) {
        const refused = await refusedLogin(
          () => show(context, verifier, key),
          `${endpoint} still accepts key ${key.kid}, or asks for no key at all`,
        );
        refusals.push({ endpoint, error: refused.message });
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

function nameOf({ url }: Verifier): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
