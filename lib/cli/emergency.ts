import { type EmergencyMode, emergencyOf, emergencyToken, isEmergencyToken } from '../core/emergency.ts';
import type { SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import type { RolloutResult } from '../core/evidence/evidence.ts';
import { labels } from '../core/labels.ts';
import type { SecretState } from '../core/ports.ts';
import { rotatingVersion } from '../core/rollout/standing.ts';
import { openVersion } from '../core/rollout/way-out.ts';
import { holderOf } from '../core/rotation/guard.ts';
import type { ExitCode } from './failure.ts';
import { findEntry } from './find-entry.ts';
import { type FollowParts, follow } from './follow.ts';
import { hasEntered, lookAt } from './known.ts';
import { parseReason } from './reason.ts';
import { refuseWithoutValue } from './start-rotation.ts';
import type { Watched } from './watch.ts';

export interface EmergencyOptions {
  reason: string;
  acceptOutage?: boolean;
  watch?: boolean;
  json?: boolean;
}

/** What one declaration says, wherever it is written down. */
interface Declaration {
  secret: string;
  secretArn: string;
  versionId: string;
  reason: string;
  requestedBy: string;
  emergency: EmergencyMode;
}

/** An earlier rotation's rollout goes forward, goes back, and comes to its end: after each the next one opens none. */
const TRIES = 5;

/** Secrets Manager can show a tag a little late; then it waits 10 × 0.5 s. */
const LOOKS = 10;
const LOOK_MS = 500;

const asked = {
  error: 'Emergency',
  cause: 'an operator declared an emergency; the next attempt ends this rollout at once',
};

/** It is over by itself soon, or must not be cut off: it goes back, gives a rotation up, or ends what it disabled. */
const ending = ['Enable', 'EnableAndHold', 'VerifyPredecessor', 'BackAgain', 'StripPending', 'Destroy', 'Close'];

/**
 * Rotates a secret whose credential is compromised. What is open is ended at once (one open rollout per secret: law 5),
 * so that every credential from before the command is dead when all has ended. An emergency that is under way already is
 * followed, or with `--accept-outage` made to disable first, and not rotated again.
 */
export async function emergency(named: string, options: EmergencyOptions, parts: FollowParts): Promise<ExitCode | 130> {
  const { account, clock } = parts;
  const reason = parseReason(options.reason);
  const entry = await findEntry(named, await account.entries(), account);
  const requestedBy = await account.callerArn();
  for (let tries = 0; tries < TRIES; tries += 1) {
    const known = await lookAt(entry, account, clock.nowMs());
    const { name: secret, arn: secretArn, rotationEnabled } = known.state;
    if (!rotationEnabled)
      throw new KeyturnError('RotationDisabled', `${secret}: rotation is not enabled; deploy the app`);
    const open = openVersion(known);
    const said = { secret, secretArn, reason, requestedBy };
    if (open === undefined) refuseWithoutValue(entry, known.state);
    if (open === undefined) return rotateNow({ ...said, ...modesOf(options) }, entry, options, parts);
    const isEmergency = isEmergencyToken(open.versionId) && !open.goingBack;
    const emergency: EmergencyMode = isEmergency || !options.acceptOutage ? modesOf(options).emergency : 'disable-only';
    const wanted: RolloutResult[] = isEmergency ? ['retired'] : ['retired', 'rolled-back', 'abandoned'];
    const declared = { ...said, versionId: open.versionId, emergency };
    const code = await endAtOnce(declared, wanted, entry, options, parts);
    if (isEmergency || code !== 0) return code;
  }
  throw new KeyturnError(
    'RolloutStillOpen',
    `${entry.secret}: somebody else rotates it again and again; nothing was rotated`,
  );
}

function modesOf({ acceptOutage = false }: EmergencyOptions): { emergency: EmergencyMode } {
  return { emergency: acceptOutage ? 'disable-first' : 'consumers-first' };
}

/** The rotation itself, when nothing is open. */
async function rotateNow(
  said: Omit<Declaration, 'versionId'>,
  entry: SecretEntry,
  options: EmergencyOptions,
  parts: FollowParts,
): Promise<ExitCode | 130> {
  const { account, terminal } = parts;
  const declaration = { ...said, versionId: emergencyToken() };
  const at = await declare(declaration, undefined, parts);
  const { secret, secretArn, versionId } = declaration;
  await account.rotate(secretArn, versionId);
  if (options.json) terminal.out(JSON.stringify({ event: 'started', at, ...shown(declaration) }));
  else {
    terminal.out(`${secret}: emergency rotation started (${said.emergency}), version ${versionId}`);
    if (!options.watch) terminal.out(`Follow it with: keyturn status ${secret}`);
  }
  if (!options.watch) return 0;
  return followed({ secret, secretArn, versionId, timings: entry.timings }, ['retired'], declaration, options, parts);
}

/** Makes the open rollout an emergency, in its next attempt, and follows that to its end. */
async function endAtOnce(
  declaration: Declaration,
  wanted: readonly RolloutResult[],
  entry: SecretEntry,
  options: EmergencyOptions,
  parts: FollowParts,
): Promise<ExitCode | 130> {
  const { account, clock, terminal } = parts;
  const { secret, secretArn, versionId, emergency } = declaration;
  const ref = { secretArn, versionId };
  const newest = await account.newestAttempt(ref);
  const known = emergencyOf(await account.describe(secretArn), versionId);
  const isHurrying = known !== undefined && (known === emergency || emergency === 'consumers-first');
  const isLeft = newest?.status === 'RUNNING' && (isHurrying || (await hasEntered(newest, ending, account)));
  if (!isLeft) {
    await declare(declaration, (newest?.attempt ?? 0) + 1, parts);
    if (newest?.status === 'RUNNING') {
      await account.stopAttempt(newest.executionArn, asked);
      // It began to go back meanwhile: what it invoked last must be over before the next attempt looks at the labels.
      if (await hasEntered(newest, ending, account)) await clock.sleep(entry.timings.rotationSeconds * 1000);
      if (!isOpen(await account.describe(secretArn))) return 0;
    }
  }
  const attempt = isLeft ? newest.attempt : await account.ensureRollout(ref);
  const at = new Date(clock.nowMs()).toISOString();
  if (options.json) terminal.out(JSON.stringify({ event: 'ending', at, ...shown(declaration), attempt }));
  else terminal.out(`${secret}: version ${versionId} has an open rollout, which is ended first: attempt ${attempt}`);
  const watched = { secret, ...ref, timings: entry.timings, fromAttempt: attempt };
  return followed(watched, wanted, declaration, options, parts);
}

async function followed(
  watched: Watched,
  wanted: readonly RolloutResult[],
  { secret, emergency }: Declaration,
  options: EmergencyOptions,
  parts: FollowParts,
): Promise<ExitCode | 130> {
  const code = await follow(watched, wanted, options, parts);
  const more = emergency === 'consumers-first' ? ', or now with --accept-outage' : '';
  if (code === 1)
    parts.terminal.err(
      `keyturn: ${secret}: the emergency has not ended: what is compromised may still work. Mend the cause and run it again${more}`,
    );
  return code;
}

/** Whether a version is retiring, or a rotation on its way. */
function isOpen(state: SecretState): boolean {
  return holderOf(state, labels.retiring) !== undefined || rotatingVersion(state) !== undefined;
}

/** Record, then tag, then effect: an emergency that nobody can explain cannot be mended, the record of one that never came does no harm. */
async function declare(
  declaration: Declaration,
  attempt: number | undefined,
  { account, clock }: FollowParts,
): Promise<string> {
  const { secretArn, versionId, emergency } = declaration;
  const at = new Date(clock.nowMs()).toISOString();
  const name = attempt === undefined ? 'request' : (`emergency-${attempt}` as const);
  await account.recordRequest({ schema: 1, ...shown(declaration), requestedAt: at }, name);
  await account.declareEmergency(secretArn, versionId, emergency);
  for (let look = 0; look < LOOKS; look += 1) {
    if (emergencyOf(await account.describe(secretArn), versionId) === emergency) break;
    await clock.sleep(LOOK_MS);
  }
  return at;
}

function shown({ secretArn: _, ...declaration }: Declaration): Omit<Declaration, 'secretArn'> {
  return declaration;
}
