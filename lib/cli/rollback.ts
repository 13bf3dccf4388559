import type { Attempt } from '../aws/rollout-attempts.ts';
import type { SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import { labels } from '../core/labels.ts';
import type { SecretState } from '../core/ports.ts';
import { phaseOf } from '../core/rollout/phase.ts';
import { openTurn } from '../core/rollout/way-out.ts';
import { holderOf } from '../core/rotation/guard.ts';
import type { Account } from './account.ts';
import type { ExitCode } from './failure.ts';
import { findEntry } from './find-entry.ts';
import { type FollowParts, follow } from './follow.ts';
import { hasEntered } from './known.ts';
import { parseReason } from './reason.ts';

export interface RollbackOptions {
  reason: string;
  json?: boolean;
  watch?: boolean;
}

/** An open rollout, seen from outside. */
interface Open {
  state: SecretState;
  ref: { secretArn: string; versionId: string };
  retire: string;
  newest: Attempt;
}

const asked = { error: 'RollbackRequested', cause: 'an operator asked to go back; the next attempt does it' };

/** How often somebody else may start an attempt in between, such as finishSecret replayed. */
const TRIES = 5;

/** Takes an open or held rollout back to the predecessor, with the reason on record before anything is stopped. */
export async function rollback(named: string, options: RollbackOptions, parts: FollowParts): Promise<ExitCode | 130> {
  const { account, clock, terminal } = parts;
  const reason = parseReason(options.reason);
  const entry = await findEntry(named, await account.entries(), account);
  const { secret } = entry;
  const requestedBy = await account.callerArn();
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { ref, newest } = await openRollout(entry, account);
    const { versionId } = ref;
    const attempt = newest.attempt + 1;
    const at = new Date(clock.nowMs()).toISOString();
    const request = { secret, versionId, reason, requestedBy };
    await account.recordRequest({ schema: 1, ...request, requestedAt: at }, `rollback-${attempt}`);
    const settleSeconds = await stop(newest, entry, account);
    if (!(await account.startAttempt({ ...ref, attempt }, { direction: 'back', settleSeconds }))) continue;
    if (options.json) terminal.out(JSON.stringify({ event: 'started', at, ...request, attempt, settleSeconds }));
    else {
      terminal.out(`${secret}: going back from version ${versionId}: attempt ${attempt} started`);
      if (!options.watch) terminal.out(`Follow it with: keyturn status ${secret}`);
    }
    if (!options.watch) return 0;
    const watched = { secret, ...ref, timings: entry.timings, fromAttempt: attempt };
    return follow(watched, ['rolled-back'], options, parts);
  }
  throw refusal(secret, 'somebody else starts its rollout again and again; nothing was taken back');
}

/** The rollout that can go back. Read-only. @throws CannotGoBack */
async function openRollout(entry: SecretEntry, account: Account): Promise<Open> {
  const { secret } = entry;
  const state = await account.describe(secret);
  const turn = openTurn(state, await account.versionDates(state.arn));
  if (turn === undefined) {
    const isOnItsWay = holderOf(state, labels.retiring) !== undefined;
    throw refusal(
      secret,
      isOnItsWay
        ? `${labels.current} is still, or again, on the version before; see keyturn resume ${secret} --dry-run`
        : 'no rollout is open',
    );
  }
  if (turn.goingBack) throw refusal(secret, 'it went back already; keyturn resume brings a held one to its end');
  const ref = { secretArn: state.arn, versionId: turn.versionId };
  const attempts = await account.attempts(ref);
  const newest = attempts.at(-1);
  if (newest === undefined)
    throw refusal(secret, `version ${turn.versionId} has no rollout; see keyturn resume ${secret} --dry-run`);
  if (
    newest.status === 'RUNNING' &&
    (newest.backOnRequest || (await hasEntered(newest, ['VerifyPredecessor'], account)))
  )
    throw refusal(secret, 'it is going back already');
  for (const attempt of attempts) await refuseAfterDestroy(attempt, secret, account);
  return { state, ref, retire: turn.retire, newest };
}

/**
 * Stops an attempt that runs, and looks again at how far it came. Answers how long what it invoked last may go on.
 * @throws CannotGoBack when it came to the destruction meanwhile; its next attempt then rolls forward
 */
async function stop(newest: Attempt, entry: SecretEntry, account: Account): Promise<number> {
  const { secret, timings } = entry;
  if (newest.status === 'RUNNING') await account.stopAttempt(newest.executionArn, asked);
  try {
    await refuseAfterDestroy(newest, secret, account);
  } catch (error) {
    const isOpen = openTurn(await account.describe(secret), await account.versionDates(secret)) !== undefined;
    if (isOpen) await account.ensureRollout(newest);
    throw error;
  }
  const state = await account.describe(secret);
  if (holderOf(state, labels.current) !== newest.versionId)
    throw refusal(secret, `${labels.current} is not on ${newest.versionId} any more; see keyturn status ${secret}`);
  // One that ended by itself has left nothing running.
  if (newest.status === 'FAILED') return 0;
  const entered = await account.enteredStates(newest.executionArn);
  const phase = phaseOf(entered.reverse().map(({ name }) => name));
  // Elsewhere an invocation only looks, or refreshes a consumer, which then starts on what is current.
  return phase === 'disabling first' || phase === 'writing views' || phase === 'disabling'
    ? timings.rotationSeconds
    : 0;
}

async function refuseAfterDestroy(attempt: Attempt, secret: string, account: Account): Promise<void> {
  if (await hasEntered(attempt, ['Destroy', 'Close'], account))
    throw refusal(secret, 'the old credential may be destroyed: from here only forward, see keyturn resume');
}

function refusal(secret: string, why: string): KeyturnError {
  return new KeyturnError('CannotGoBack', `${secret}: ${why}`);
}
