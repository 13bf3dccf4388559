import { emergencyOf, emergencyTag, isEmergencyToken } from '../emergency.ts';
import { KeyturnError } from '../errors.ts';
import type { ChosenKind, KindContext, MintedKind, Occasion } from '../kind.ts';
import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { copySupplied } from './copy-supplied.ts';
import type { RotationEvent } from './event.ts';
import { guard, holderOf, openRollout } from './guard.ts';
import { formatIntent, type Intent, intentTag, parseIntent, sortUnrecorded } from './orphans.ts';
import type { RotationParts } from './parts.ts';
import { briefMs } from './read-pending.ts';
import { readIfAny, recordedIdentities } from './recorded-identities.ts';
import { contextOf } from './target-context.ts';

/**
 * Stores a pending value, once per token. Idempotent: a token that has a value keeps it.
 * @throws RolloutStillOpen while a version is retiring; RotatedTooSoon while the current one may have no successor;
 * EmergencyNotDeclared; UnknownCredential, CredentialLimit for minted kinds; NothingSupplied, SecretMalformed for brought ones
 */
export async function createSecret(event: RotationEvent, parts: RotationParts): Promise<void> {
  const { store, kind } = parts;
  const token = event.ClientRequestToken;
  const state = await store.describe(event.SecretId);
  if (guard(state, token) === 'already-current') return;
  await refuseWhileRetiring(state, token, parts);
  const occasion = { nowMs: parts.clock.nowMs(), emergency: await isEmergency(state, token, parts) };
  const entry = await parts.entryOf(state.name);
  const target = kind.facts.parseTarget(entry.target);
  if (kind.origin === 'minted') {
    await mintOnce(event, state, kind, contextOf(parts, entry, state.arn), occasion, parts);
    return;
  }
  if (kind.origin === 'brought') {
    await copySupplied(event, state, kind, target, store);
    return;
  }
  const current = kind.parse(await store.read(state.arn, { label: labels.current }), target);
  if (current !== undefined && !occasion.emergency)
    await refuseTooSoon(state, token, kind, { target, current, ...occasion, ...entry.timings }, parts);
  await store.put(state.arn, token, kind.propose(target, current, occasion), labels.pending, event.RotationToken);
}

async function refuseTooSoon(
  state: SecretState,
  token: string,
  kind: ChosenKind<unknown, unknown>,
  now: { target: unknown; current: unknown; nowMs: number; skewSeconds: number },
  parts: RotationParts,
): Promise<void> {
  if (kind.notBefore === undefined) return;
  const versionId = holderOf(state, labels.current) ?? '';
  const settledAtMs = await parts.settledAt({ secretArn: state.arn, versionId });
  const earliestMs = kind.notBefore(now.target, now.current, settledAtMs);
  if (earliestMs === undefined || now.nowMs >= earliestMs + now.skewSeconds * 1000) return;
  await parts.store.moveLabel(state.arn, labels.pending, { from: token });
  throw new KeyturnError(
    'RotatedTooSoon',
    `${state.name}: what its current version replaced may still be in use; rotate again after ${new Date(earliestMs + now.skewSeconds * 1000).toISOString()}`,
  );
}

async function refuseWhileRetiring(state: SecretState, token: string, { store }: RotationParts): Promise<void> {
  const open = openRollout(state);
  if (open === 'none') return;
  if (open === 'own-finish' && (await readIfAny(store, state.arn, token)) !== undefined) return;
  // Stripped first, so that the refusal does not leave a pending version that blocks every later rotation.
  await store.moveLabel(state.arn, labels.pending, { from: token });
  throw new KeyturnError(
    'RolloutStillOpen',
    `${state.name}: version ${holderOf(state, labels.retiring)} is still retiring; wait for its rollout to end, or look at it with keyturn status`,
  );
}

/**
 * Whether an operator declared an emergency of this version. A token that says so itself must have the tag, which may be
 * seen late: without it the value would be made as on any other day. @throws EmergencyNotDeclared
 */
async function isEmergency(
  state: SecretState,
  token: string,
  { store, clock, signal }: RotationParts,
): Promise<boolean> {
  if (emergencyOf(state, token) !== undefined) return true;
  if (!isEmergencyToken(token) || (await readIfAny(store, state.arn, token)) !== undefined) return false;
  for (const waitMs of briefMs) {
    await clock.sleep(waitMs, signal);
    if (emergencyOf(await store.describe(state.arn), token) !== undefined) return true;
  }
  await store.moveLabel(state.arn, labels.pending, { from: token });
  throw new KeyturnError(
    'EmergencyNotDeclared',
    `${state.name}: version ${token} says that it is an emergency, and the tag ${emergencyTag} does not name it; declare it with keyturn rotate --emergency`,
  );
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
  occasion: Occasion,
  parts: RotationParts,
): Promise<void> {
  const { store } = parts;
  const token = event.ClientRequestToken;
  const tagged = parseIntent(state.tags[intentTag]);
  if ((await readIfAny(store, state.arn, token)) !== undefined) {
    if (tagged?.token === token) {
      // Two attempts may have minted at once, and only one value was stored: the other's is an orphan of this intent.
      await discardOrphans(state, kind, context, tagged, parts);
      await store.untag(state.arn, intentTag);
    }
    return;
  }
  // An intent of another token whose value was stored is closed: nothing unknown can be its orphan.
  const closed =
    tagged !== undefined && tagged.token !== token && (await readIfAny(store, state.arn, tagged.token)) !== undefined;
  const open = closed ? undefined : tagged;
  const live = await discardOrphans(state, kind, context, open, parts);
  if (open?.token !== token) await store.tag(state.arn, intentTag, formatIntent({ token, identities: live }));
  const current = kind.parse(await store.read(state.arn, { label: labels.current }), context.target);
  const minted = await kind.mint(context, current, token, occasion);
  const put = await store.put(state.arn, token, minted, labels.pending, event.RotationToken);
  if (put === 'kept') {
    throw new KeyturnError(
      'UnknownCredential',
      `${state.name}: another attempt stored a value for version ${token} meanwhile; the next try discards what this one minted`,
    );
  }
  await store.untag(state.arn, intentTag);
}

/** Returns the identities that are left. @throws UnknownCredential */
async function discardOrphans(
  state: SecretState,
  kind: MintedKind<unknown, unknown>,
  context: KindContext<unknown>,
  open: Intent | undefined,
  parts: RotationParts,
): Promise<string[]> {
  const live = await kind.listLive(context);
  const recorded = await recordedIdentities(state, kind, context.target, live, parts.store);
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
