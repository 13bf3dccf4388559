import { randomUUID } from 'node:crypto';
import type { SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import { labels } from '../core/labels.ts';
import type { SecretState } from '../core/ports.ts';
import { rotatingVersion } from '../core/rollout/standing.ts';
import { holderOf } from '../core/rotation/guard.ts';
import { waitingVersion } from '../core/rotation/supplied-label.ts';
import { suppliedAt } from '../kinds/registry.ts';
import type { ExitCode } from './failure.ts';
import { type FollowParts, follow } from './follow.ts';

/** Starts a rotation, with its reason on record before it begins. With `watch`, follows it to its end. */
export async function startRotation(
  entry: SecretEntry,
  state: SecretState,
  reason: string,
  options: { watch?: boolean; json?: boolean },
  parts: FollowParts,
): Promise<ExitCode | 130> {
  const { account, clock, terminal } = parts;
  const { secret, timings } = entry;
  const requestedBy = await account.callerArn();
  const versionId = randomUUID();
  const at = new Date(clock.nowMs()).toISOString();
  const request = { secret, versionId, reason, requestedBy };
  // The record first: a rotation without its reason cannot be mended, a reason without its rotation does no harm.
  await account.recordRequest({ schema: 1, ...request, requestedAt: at });
  await account.rotate(state.arn, versionId);
  if (options.json) terminal.out(JSON.stringify({ event: 'started', at, ...request }));
  else {
    terminal.out(`${secret}: rotation started, version ${versionId}`);
    if (!options.watch) terminal.out(`Follow it with: keyturn status ${secret}`);
  }
  if (!options.watch) return 0;
  return follow({ secret, secretArn: state.arn, versionId, timings }, ['retired'], options, parts);
}

/** Before anything is written or started; createSecret refuses again by the same labels. @throws RolloutStillOpen, RotationDisabled */
export function refuseWhileOpen(state: SecretState): void {
  if (!state.rotationEnabled)
    throw new KeyturnError('RotationDisabled', `${state.name}: rotation is not enabled; deploy the app`);
  const retiring = holderOf(state, labels.retiring);
  const rotating = rotatingVersion(state);
  if (rotating === undefined && retiring === undefined) return;
  const why =
    retiring === undefined
      ? `a rotation is in progress (version ${rotating})`
      : `its last rollout is still open (version ${retiring} is retiring)`;
  throw new KeyturnError('RolloutStillOpen', `${state.name}: ${why}; see keyturn status ${state.name}`);
}

/** A campaign waits instead; createSecret refuses again. @throws NothingSupplied where a human must bring the value first, and has not */
export function refuseWithoutValue(entry: SecretEntry, state: SecretState): void {
  const where = suppliedAt(entry);
  if (where === undefined || waitingVersion(state) !== undefined) return;
  throw new KeyturnError(
    'NothingSupplied',
    `${entry.secret}: no value waits; make one at ${where}, then run keyturn supply ${entry.secret}`,
  );
}
