import { KeyturnError } from '../errors.ts';
import type { KindContext, MintedKind } from '../kind.ts';
import { labels } from '../labels.ts';
import type { SecretState, SecretStore } from '../ports.ts';
import type { SecretValue } from '../secret-value.ts';
import type { RotationEvent } from './event.ts';
import { guard, holderOf, openRollout } from './guard.ts';
import { formatIntent, type Intent, intentTag, parseIntent, sortUnrecorded } from './orphans.ts';
import type { RotationParts } from './parts.ts';
import { contextOf } from './target-context.ts';

/**
 * Stores a pending value, once per token. Idempotent: a token that has a value keeps it.
 * @throws RolloutStillOpen while a version is retiring; UnknownCredential, CredentialLimit for minted kinds
 */
export async function createSecret(event: RotationEvent, parts: RotationParts): Promise<void> {
  const { store, kind } = parts;
  const token = event.ClientRequestToken;
  const state = await store.describe(event.SecretId);
  if (guard(state, token) === 'already-current') return;
  await refuseWhileRetiring(state, token, parts);
  const entry = await parts.entryOf(state.name);
  const target = kind.facts.parseTarget(entry.target);
  if (kind.origin === 'minted') {
    await mintOnce(event, state, kind, contextOf(parts, entry), parts);
    return;
  }
  const current = kind.parse(await store.read(state.arn, { label: labels.current }), target);
  await store.put(state.arn, token, kind.propose(target, current), labels.pending, event.RotationToken);
}

async function refuseWhileRetiring(state: SecretState, token: string, { store }: RotationParts): Promise<void> {
  const open = openRollout(state);
  if (open === 'none') return;
  if (open === 'own-finish' && (await valueOf(store, state.arn, token)) !== undefined) return;
  // Stripped first, so that the refusal does not leave a pending version that blocks every later rotation.
  await store.moveLabel(state.arn, labels.pending, { from: token });
  throw new KeyturnError(
    'RolloutStillOpen',
    `${state.name}: version ${holderOf(state, labels.retiring)} is still retiring; wait for its rollout to end, or look at it with keyturn status`,
  );
}

/** A version's value; undefined when it never got one. */
async function valueOf(store: SecretStore, secretArn: string, versionId: string): Promise<SecretValue | undefined> {
  try {
    return await store.read(secretArn, { versionId });
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'VersionNotReadable') return undefined;
    throw error;
  }
}

/**
 * intent tag → mint → put → remove the tag. A put that fails is never followed by a discard here: it may have taken
 * effect, and the next try reads first.
 */
async function mintOnce(
  event: RotationEvent,
  state: SecretState,
  kind: MintedKind<unknown, unknown>,
  context: KindContext<unknown>,
  parts: RotationParts,
): Promise<void> {
  const { store } = parts;
  const token = event.ClientRequestToken;
  const tagged = parseIntent(state.tags[intentTag]);
  // An intent whose token has a value is closed: what it minted is stored, so nothing unknown can be its orphan.
  const closed = tagged !== undefined && (await valueOf(store, state.arn, tagged.token)) !== undefined;
  if (closed && tagged.token === token) {
    await store.untag(state.arn, intentTag);
    return;
  }
  const open = closed ? undefined : tagged;
  const current = kind.parse(await store.read(state.arn, { label: labels.current }), context.target);
  const live = await discardOrphans(state, kind, context, open, current, parts);
  if (open?.token !== token) await store.tag(state.arn, intentTag, formatIntent({ token, identities: live }));
  const value = await kind.mint(context, current);
  await store.put(state.arn, token, value, labels.pending, event.RotationToken);
  await store.untag(state.arn, intentTag);
}

/** Returns the identities that are left. @throws UnknownCredential */
async function discardOrphans(
  state: SecretState,
  kind: MintedKind<unknown, unknown>,
  context: KindContext<unknown>,
  open: Intent | undefined,
  current: unknown,
  parts: RotationParts,
): Promise<string[]> {
  const live = await kind.listLive(context);
  const recorded = new Set(current === undefined ? [] : [kind.identify(current)]);
  if (live.some(({ identity }) => !recorded.has(identity))) {
    for (const identity of await identitiesOfAllVersions(state.arn, kind, context.target, parts)) recorded.add(identity);
  }
  const { orphans, unknown } = sortUnrecorded(live, recorded, open);
  if (unknown.length > 0) {
    throw new KeyturnError(
      'UnknownCredential',
      `${state.name}: ${unknown.join(', ')} exists at the target but no version of the secret records it; find out who uses it, then delete it or store it`,
    );
  }
  for (const identity of orphans) await parts.discardOrphan({ secretArn: state.arn, identity });
  return live.map(({ identity }) => identity).filter((identity) => !orphans.includes(identity));
}

async function identitiesOfAllVersions(
  secretArn: string,
  kind: MintedKind<unknown, unknown>,
  target: unknown,
  { store }: RotationParts,
): Promise<string[]> {
  const identities: string[] = [];
  for (const versionId of await store.listVersionIds(secretArn)) {
    const value = await valueOf(store, secretArn, versionId);
    const credential = value && kind.parse(value, target);
    if (credential !== undefined) identities.push(kind.identify(credential));
  }
  return identities;
}
