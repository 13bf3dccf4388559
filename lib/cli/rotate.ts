import { KeyturnError } from '../core/errors.ts';
import { emergency } from './emergency.ts';
import type { ExitCode } from './failure.ts';
import { findEntry } from './find-entry.ts';
import type { FollowParts } from './follow.ts';
import { parseReason } from './reason.ts';
import { refuseWhileOpen, refuseWithoutValue, startRotation } from './start-rotation.ts';

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
  const { account } = parts;
  const reason = parseReason(options.reason);
  const entry = await findEntry(named, await account.entries(), account);
  const state = await account.describe(entry.secret);
  refuseWhileOpen(state);
  refuseWithoutValue(entry, state);
  return await startRotation(entry, state, reason, options, parts);
}
