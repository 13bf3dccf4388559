import { KeyturnError } from '../errors.ts';
import type { Kind, LiveCredential } from '../kind.ts';
import type { SecretState, SecretStore } from '../ports.ts';
import type { SecretValue } from '../secret-value.ts';

/** A version's value; undefined when it never got one, or has none any more. */
export async function readIfAny(
  store: SecretStore,
  secretArn: string,
  versionId: string,
): Promise<SecretValue | undefined> {
  try {
    return await store.read(secretArn, { versionId });
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'VersionNotReadable') return undefined;
    throw error;
  }
}

/** Where the secret's versions record an identity. */
export interface Recorded {
  /** By a version with a label: current, pending, previous or retiring. */
  labelled: ReadonlySet<string>;
  /** By a version without a label, perhaps beside one with: a rotation that was given up before it promoted, or one from long ago. */
  unlabelled: ReadonlySet<string>;
}

/** Reads the labelled versions; the unlabelled ones, which may be a hundred, only when those do not explain every live credential. */
export async function recordedIdentities(
  state: SecretState,
  kind: Kind,
  target: unknown,
  live: readonly Pick<LiveCredential, 'identity'>[],
  store: SecretStore,
): Promise<Recorded> {
  const labelled = await identitiesOf(state.arn, kind, target, Object.keys(state.versions), store);
  if (live.every(({ identity }) => labelled.has(identity))) return { labelled, unlabelled: new Set() };
  const others = (await store.listVersionIds(state.arn)).filter((versionId) => !(versionId in state.versions));
  return { labelled, unlabelled: await identitiesOf(state.arn, kind, target, others, store) };
}

async function identitiesOf(
  secretArn: string,
  kind: Kind,
  target: unknown,
  versionIds: readonly string[],
  store: SecretStore,
): Promise<Set<string>> {
  const identities = new Set<string>();
  for (const versionId of versionIds) {
    const value = await readIfAny(store, secretArn, versionId);
    const credential = value && kind.parse(value, target);
    if (credential !== undefined) identities.add(kind.identify(credential));
  }
  return identities;
}
