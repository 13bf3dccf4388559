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

/** The identities that the secret's versions record: the labelled ones, and all when those do not explain every live credential. */
export async function recordedIdentities(
  state: SecretState,
  kind: Kind,
  target: unknown,
  live: readonly Pick<LiveCredential, 'identity'>[],
  store: SecretStore,
): Promise<Set<string>> {
  const recorded = await identitiesOf(state.arn, kind, target, Object.keys(state.versions), store);
  if (live.every(({ identity }) => recorded.has(identity))) return recorded;
  // Unlabelled versions may be a hundred, so they are asked only when somebody must be explained.
  return identitiesOf(state.arn, kind, target, await store.listVersionIds(state.arn), store);
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
