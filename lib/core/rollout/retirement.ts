import type { Clock } from '../clock.ts';
import { emergencyOf } from '../emergency.ts';
import type { SecretEntry } from '../entry.ts';
import { type ErrorCode, KeyturnError } from '../errors.ts';
import type { Kind, KindContext, LastUse, Refusal } from '../kind.ts';
import { labels } from '../labels.ts';
import type { SecretState, SecretStore } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import { intentTag, parseIntent, sortUnrecorded } from '../rotation/orphans.ts';
import { readIfAny, recordedIdentities } from '../rotation/recorded-identities.ts';
import { contextOf } from '../rotation/target-context.ts';
import { secretNameOf } from '../secret-arn.ts';

export interface RetirementParts {
  kind: Kind;
  store: SecretStore;
  clock: Clock;
  entryOf(secretName: string): Promise<SecretEntry>;
  signal: AbortSignal;
}

/** The two versions of a turn, of one secret. */
export interface Pair {
  secretArn: string;
  keep: string;
  retire: string;
}

async function contextFor(secretArn: string, parts: RetirementParts): Promise<KindContext<unknown>> {
  return contextOf(parts, await parts.entryOf(secretNameOf(secretArn)), secretArn);
}

async function credentialOf(
  secretArn: string,
  versionId: string,
  context: KindContext<unknown>,
  { kind, store }: RetirementParts,
): Promise<unknown> {
  return kind.parse(await store.read(secretArn, { versionId }), context.target);
}

/** The retiring credential's use since an instant. A version without a credential is unused. Read-only. */
export async function lastUse(
  request: Pair & { sinceMs: number; promotedAtMs?: number | undefined },
  parts: RetirementParts,
): Promise<LastUse> {
  const context = await contextFor(request.secretArn, parts);
  const credential = await credentialOf(request.secretArn, request.retire, context, parts);
  if (credential === undefined) return { state: 'unused' };
  return parts.kind.lastUse(context, credential, request.sinceMs, request.promotedAtMs);
}

interface Condemned {
  state: SecretState;
  context: KindContext<unknown>;
  keep: unknown;
  retire: unknown;
  /** Of what ends; undefined where nothing does. */
  identity: string | undefined;
}

/**
 * Reads the labels anew and refuses unless AWSCURRENT is `keep`, the retiring label is on `retire`, and the identity
 * to retire is neither current's nor pending's. Everything that revokes goes through here.
 * @throws CurrentMoved
 */
async function condemned(pair: Pair, parts: RetirementParts): Promise<Condemned> {
  const { kind } = parts;
  const context = await contextFor(pair.secretArn, parts);
  const state = await parts.store.describe(pair.secretArn);
  const refuse = (why: string) => new KeyturnError('CurrentMoved', `${state.name}: ${why}; nothing was revoked`);
  if (holderOf(state, labels.current) !== pair.keep) throw refuse(`${labels.current} is not on ${pair.keep} any more`);
  if (holderOf(state, labels.retiring) !== pair.retire)
    throw refuse(`${labels.retiring} is not on ${pair.retire} any more`);
  const keep = await credentialOf(pair.secretArn, pair.keep, context, parts);
  if (keep === undefined) throw refuse(`version ${pair.keep} holds no credential`);
  const retire = await credentialOf(pair.secretArn, pair.retire, context, parts);
  if (retire === undefined) return { state, context, keep, retire, identity: undefined };
  const identity = kind.identify(retire);
  if (identity === kind.identify(keep))
    throw refuse(`versions ${pair.keep} and ${pair.retire} are the same credential ${identity}`);
  const pending = holderOf(state, labels.pending);
  if (pending !== undefined && pending !== pair.keep && pending !== pair.retire) {
    const other = await credentialOf(pair.secretArn, pending, context, parts);
    if (other !== undefined && kind.identify(other) === identity)
      throw refuse(`version ${pending}, which is ${labels.pending}, is ${identity} too`);
  }
  return { state, context, keep, retire, identity: kind.leaving ? kind.leaving({ retire, keep }) : identity };
}

/** How far Disable came: done, or waiting for what only a human can do. `identity` is null where the version had no credential. */
export type Disabled =
  | { state: 'done'; identity: string | null; final: boolean }
  | { state: 'awaits-human'; identity: string; task: string };

/**
 * Makes the target refuse the retiring credential, or says what a human must do for that. In an emergency sessions that cannot
 * be told from the old credential's are ended too: whoever stole it may have one. Idempotent. @throws CurrentMoved
 */
export async function disable(
  pair: Pair & { promotedAtMs?: number | undefined },
  parts: RetirementParts,
): Promise<Disabled> {
  const { state, context, keep, retire, identity } = await condemned(pair, parts);
  if (identity !== undefined) {
    const promotedAtMs = emergencyOf(state, pair.keep) === undefined ? pair.promotedAtMs : undefined;
    const awaited = await parts.kind.disable(context, { retire, keep, promotedAtMs });
    if (awaited) return { state: 'awaits-human', identity, task: awaited.task };
  }
  return { state: 'done', identity: identity ?? null, final: parts.kind.facts.reversible?.(context.target) === false };
}

/**
 * Logs in with both: the old one refused, the new one accepted, at each endpoint. Where the inventory says that no refusal can
 * be seen, its reason is answered. @throws StillAccepted, NotProven
 */
export async function proveRefused(
  pair: Pair,
  parts: RetirementParts,
): Promise<{ refusals: Refusal[]; unproven: string | null }> {
  const context = await contextFor(pair.secretArn, parts);
  const retire = await credentialOf(pair.secretArn, pair.retire, context, parts);
  if (retire === undefined) return { refusals: [], unproven: null };
  const keep = await credentialOf(pair.secretArn, pair.keep, context, parts);
  const refusals = await parts.kind.proveRefused(context, { retire, keep });
  return { refusals, unproven: parts.kind.facts.unproven?.(context.target) ?? null };
}

/** Ends the disabled credential for good. Idempotent. @throws CurrentMoved */
export async function destroy(pair: Pair, parts: RetirementParts): Promise<void> {
  const { context, retire } = await condemned(pair, parts);
  if (retire !== undefined) await parts.kind.destroy(context, retire);
}

/** Undoes `disable`; `keep` stays accepted. Idempotent. */
export async function enable(pair: Pair, parts: RetirementParts): Promise<void> {
  const context = await contextFor(pair.secretArn, parts);
  const retire = await credentialOf(pair.secretArn, pair.retire, context, parts);
  if (retire === undefined) return;
  await parts.kind.enable(context, retire, await credentialOf(pair.secretArn, pair.keep, context, parts));
}

/** What installing a credential again mends: it is disabled, or has lost something of what it could do. */
const mendable: readonly string[] = ['AuthenticationRefused', 'PrivilegeLost'] satisfies ErrorCode[];

/**
 * Before AWSCURRENT moves back to `retire`: it must log in and lack nothing. Else it is enabled and installed again.
 * @throws CannotGoBack
 */
export async function verifyPredecessor(pair: Pair, parts: RetirementParts): Promise<void> {
  const { kind } = parts;
  const context = await contextFor(pair.secretArn, parts);
  const predecessor = await credentialOf(pair.secretArn, pair.retire, context, parts);
  if (predecessor === undefined)
    throw new KeyturnError(
      'CannotGoBack',
      `${pair.secretArn}: version ${pair.retire} holds no credential to go back to`,
    );
  try {
    await kind.verify(context, predecessor);
  } catch (error) {
    if (!(error instanceof KeyturnError && mendable.includes(error.code))) throw error;
    const current = await credentialOf(pair.secretArn, pair.keep, context, parts);
    // Installing it would overwrite the credential that everybody runs on.
    if (current !== undefined && kind.identify(current) === kind.identify(predecessor))
      throw new KeyturnError(
        'CannotGoBack',
        `${pair.secretArn}: version ${pair.retire} does not work (${error.code}), and ${pair.keep}, which is current, is ${kind.identify(current)} too`,
      );
    await kind.enable(context, predecessor, current);
    try {
      await kind.install(context, { pending: predecessor, current });
    } catch (cause) {
      throw new KeyturnError(
        'CannotGoBack',
        `${pair.secretArn}: version ${pair.retire} does not work (${error.code}) and could not be installed again`,
        { cause },
      );
    }
  }
}

/**
 * Ends the credential of a rotation that never promoted. Idempotent. Its identity is spared while a version that is
 * current, retiring or on its way may be the same one: with two names in turn the next rotation installs it anew, and
 * of a pending version without a value nobody knows yet. What is left then, that rotation replaces or discards.
 * Answers with the identity that was discarded, and in words what became of it.
 * @throws CurrentMoved when it was promoted after all
 */
export async function discardAbandoned(
  request: { secretArn: string; versionId: string },
  parts: RetirementParts,
): Promise<{ discarded: string | null; said: string }> {
  const context = await contextFor(request.secretArn, parts);
  const state = await parts.store.describe(request.secretArn);
  const held = state.versions[request.versionId] ?? [];
  // Any label: AWSPREVIOUS too says that it was promoted once, and consumers may run on it.
  if (held.length > 0) {
    throw new KeyturnError(
      'CurrentMoved',
      `${state.name}: ${request.versionId} is ${held.join(', ')}; it is not abandoned`,
    );
  }
  const [current, pending, retiring] = [labels.current, labels.pending, labels.retiring].map((label) =>
    holderOf(state, label),
  );
  const answer = (what: string, discarded: string | null = null) => ({
    discarded,
    said: `the rotation never promoted; ${what}`,
  });
  if (pending !== undefined && pending !== current)
    return answer(
      `what it had made was left alone: version ${pending}, which is on its way, may be the same credential`,
    );
  // A rotation that was given up in createSecret has no value.
  const value = await readIfAny(parts.store, request.secretArn, request.versionId);
  const credential = value && parts.kind.parse(value, context.target);
  if (credential === undefined) return answer('it had made no credential');
  const identity = parts.kind.identify(credential);
  const credentials = await Promise.all(
    [current, retiring].map(
      async (versionId) => versionId && (await credentialOf(request.secretArn, versionId, context, parts)),
    ),
  );
  const same = credentials.findIndex((other) => other && parts.kind.identify(other) === identity);
  if (same >= 0)
    return answer(
      `its credential ${identity} was left alone: it is the one of version ${[current, retiring][same]} too`,
    );
  await parts.kind.discard(context, identity, { abandoned: credential, current: credentials[0] });
  return answer(`its credential ${identity} was discarded`, identity);
}

/**
 * Ends a minted orphan, as `sortUnrecorded` knows them, on labels and intent that are read anew. Idempotent. The kind
 * looks once more whether anybody used it.
 * @throws UnknownCredential
 */
export async function discardOrphan(
  { secretArn, identity }: { secretArn: string; identity: string },
  parts: RetirementParts,
): Promise<void> {
  const context = await contextFor(secretArn, parts);
  const state = await parts.store.describe(secretArn);
  const recorded = await recordedIdentities(state, parts.kind, context.target, [{ identity }], parts.store);
  const intent = parseIntent(state.tags[intentTag]);
  const { orphans } = sortUnrecorded([{ identity, neverUsed: true }], recorded, intent);
  if (!orphans.includes(identity)) {
    throw new KeyturnError(
      'UnknownCredential',
      `${state.name}: ${identity} is neither of an abandoned rotation nor the orphan of an open intent; it was not discarded`,
    );
  }
  await parts.kind.discard(context, identity);
}
