import { KeyturnError } from '../errors.ts';
import type { BroughtKind } from '../kind.ts';
import { labels } from '../labels.ts';
import type { SecretState, SecretStore } from '../ports.ts';
import type { SecretValue } from '../secret-value.ts';
import type { RotationEvent } from './event.ts';
import { readIfAny } from './recorded-identities.ts';
import { waitingVersion } from './supplied-label.ts';

/** What waits cannot be used, and no retry changes that. */
const refusals: readonly string[] = ['NothingSupplied', 'SecretMalformed'];

/**
 * Makes the waiting value the pending version's. The one put takes AWSPENDING and KEYTURN_SUPPLIED together, so the label is
 * always on the version that has the value: a rotation that is given up leaves it waiting for the next, and a value that
 * is brought meanwhile takes the label along and is not confused with this one. Idempotent.
 * @throws NothingSupplied, SecretMalformed, both after stripping AWSPENDING
 */
export async function copySupplied(
  event: RotationEvent,
  state: SecretState,
  kind: BroughtKind<unknown, unknown>,
  target: unknown,
  store: SecretStore,
): Promise<void> {
  const token = event.ClientRequestToken;
  const waiting = waitingVersion(state);
  if (waiting === token) return;
  try {
    if (waiting === undefined) throw nothing(state, 'no value waits; make a new one');
    const value = await accepted(state, waiting, kind, target, store);
    await store.put(state.arn, token, value, [labels.pending, labels.supplied], event.RotationToken);
  } catch (error) {
    if (!(error instanceof KeyturnError && refusals.includes(error.code))) throw error;
    // This token has its value from an earlier try: what waits now is for the next rotation.
    if ((await readIfAny(store, state.arn, token)) !== undefined) return;
    // Stripped, so that the refusal does not leave a pending version that blocks every later rotation.
    await store.moveLabel(state.arn, labels.pending, { from: token });
    throw error;
  }
}

async function accepted(
  state: SecretState,
  waiting: string,
  kind: BroughtKind<unknown, unknown>,
  target: unknown,
  store: SecretStore,
): Promise<SecretValue> {
  const supplied = await store.read(state.arn, { versionId: waiting });
  const current = kind.parse(await store.read(state.arn, { label: labels.current }), target);
  const value = kind.accept(target, supplied, current);
  if (value !== undefined) return value;
  await store.moveLabel(state.arn, labels.supplied, { from: waiting });
  throw nothing(
    state,
    `what waited is the value that is ${labels.current} already, and does not wait any more; make another`,
  );
}

function nothing({ name }: SecretState, why: string): KeyturnError {
  return new KeyturnError('NothingSupplied', `${name}: ${why}, then run keyturn supply ${name}`);
}
