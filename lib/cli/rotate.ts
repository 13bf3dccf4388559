import { randomUUID } from 'node:crypto';
import { KeyturnError } from '../core/errors.ts';
import { labels } from '../core/labels.ts';
import type { SecretState } from '../core/ports.ts';
import { rotatingVersion } from '../core/rollout/standing.ts';
import { holderOf } from '../core/rotation/guard.ts';
import { emergency } from './emergency.ts';
import type { ExitCode } from './failure.ts';
import { findEntry } from './find-entry.ts';
import { type FollowParts, follow } from './follow.ts';
import { parseReason } from './reason.ts';

export interface RotateOptions {
  reason: string;
  emergency?: boolean;
  acceptOutage?: boolean;
  watch?: boolean;
  json?: boolean;
}

/** Starts a rotation (with `emergency` at once, whatever is open), with its reason on record before it begins. With `watch`, follows it to its end. */
export async function rotate(named: string, options: RotateOptions, parts: FollowParts): Promise<ExitCode | 130> {
  if (options.emergency) return emergency(named, options, parts);
  if (options.acceptOutage)
    throw new KeyturnError('InvalidInput', '--accept-outage belongs to --emergency; without it nothing goes out');
  const { account, clock, terminal } = parts;
  const reason = parseReason(options.reason);
  const entry = await findEntry(named, await account.entries(), account);
  const state = await account.describe(entry.secret);
  refuseWhileOpen(state);
  const requestedBy = await account.callerArn();
  const versionId = randomUUID();
  const at = new Date(clock.nowMs()).toISOString();
  const request = { secret: entry.secret, versionId, reason, requestedBy };
  // The record first: a rotation without its reason cannot be mended, a reason without its rotation does no harm.
  await account.recordRequest({ schema: 1, ...request, requestedAt: at });
  await account.rotate(state.arn, versionId);
  if (options.json) terminal.out(JSON.stringify({ event: 'started', at, ...request }));
  else {
    terminal.out(`${entry.secret}: rotation started, version ${versionId}`);
    if (!options.watch) terminal.out(`Follow it with: keyturn status ${entry.secret}`);
  }
  if (!options.watch) return 0;
  const { timings } = entry;
  return follow({ secret: entry.secret, secretArn: state.arn, versionId, timings }, ['retired'], options, parts);
}

/** Before anything is written or started; createSecret refuses again by the same labels. @throws RolloutStillOpen, RotationDisabled */
function refuseWhileOpen(state: SecretState): void {
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
