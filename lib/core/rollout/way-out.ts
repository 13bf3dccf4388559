import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import { rotatingVersion } from './standing.ts';

/** How the newest attempt of a version's rollout stands. */
export type AttemptState = 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** What is known of a secret from outside, without its value. */
export interface Known {
  state: SecretState;
  /** Epoch milliseconds by version id. */
  dates: Readonly<Record<string, number>>;
  /** By version id; a version whose rollout never started, or is forgotten (after 90 days), is missing. */
  attempts: Readonly<Record<string, AttemptState>>;
  /** The newest record. */
  last: { versionId: string; result: string } | undefined;
  /** How long a rotation may take before it promotes, all retries included. */
  promotionSeconds: number;
  nowMs: number;
}

/** The way out of where a secret stands. `versionId`: whose rollout gets its next attempt. */
export type WayOut =
  | { action: 'nothing'; why: string }
  /** The consumers move to AWSCURRENT, then `retire` is revoked. */
  | { action: 'roll-forward'; versionId: string; retire: string; why: string }
  /** AWSCURRENT is the predecessor again; the consumers follow, then the version that failed is revoked. */
  | { action: 'go-back'; versionId: string; retire: string; why: string }
  /** The promotion is waited for once more; when it does not come, the pending credential is discarded. */
  | { action: 'end-rotation'; versionId: string; why: string }
  /** As `roll-forward`, of a version that somebody else made current: `retire` gets the retiring label first. */
  | { action: 'roll-out'; versionId: string; retire: string; why: string }
  /** Only a human can know; `why` says what to look at and what to do. */
  | { action: 'decide'; why: string };

/** Whose rollout is open while a version is retiring: the newer of the two is the one that the rotation made. Pure. */
export function openTurn(
  state: SecretState,
  dates: Known['dates'],
): { versionId: string; goingBack: boolean; retire: string } | undefined {
  const current = holderOf(state, labels.current);
  const retire = holderOf(state, labels.retiring);
  if (current === undefined || retire === undefined || current === retire) return undefined;
  const goingBack = (dates[retire] ?? 0) > (dates[current] ?? 0);
  return { versionId: goingBack ? retire : current, goingBack, retire };
}

/**
 * Classifies by labels, rollouts and records alone. Whether a credential works is asked by the rollout itself, at the
 * target: before it goes back, and again before it revokes. Pure.
 */
export function wayOut(known: Known): WayOut {
  const { state, attempts } = known;
  const running = Object.keys(attempts).find((versionId) => attempts[versionId] === 'RUNNING');
  if (running !== undefined) return { action: 'nothing', why: `the rollout of version ${running} is at work` };
  const current = holderOf(state, labels.current);
  if (current === undefined)
    return { action: 'decide', why: `no version is ${labels.current}; put a value that works into the secret` };
  const retiring = holderOf(state, labels.retiring);
  if (retiring === current) return unpromoted(known, current);
  if (retiring !== undefined) return held(known);
  const pending = rotatingVersion(state);
  // The pending label may stay where it is after the promotion; the previous version has been current.
  const isOnItsWay = pending !== undefined && pending !== holderOf(state, labels.previous);
  return isOnItsWay ? rotating(known, pending) : settled(known, current);
}

/**
 * Whose rotation or rollout must have ended before another may begin; undefined when nothing is open. A promotion by
 * another hand opens nothing. Pure. @throws LabelMoved when only a human can tell what is open
 */
export function openVersion(known: Known): { versionId: string; goingBack: boolean } | undefined {
  const { state, dates, attempts } = known;
  const versionId = Object.keys(attempts).find((id) => attempts[id] === 'RUNNING') ?? waitingVersion(known);
  if (versionId === undefined) return undefined;
  const turn = openTurn(state, dates);
  return { versionId, goingBack: turn?.versionId === versionId && turn.goingBack };
}

function waitingVersion(known: Known): string | undefined {
  const { state } = known;
  const way = wayOut(known);
  if (way.action === 'decide') throw new KeyturnError('LabelMoved', `${state.name}: ${way.why}`);
  if (way.action === 'roll-forward' || way.action === 'go-back' || way.action === 'end-rotation') return way.versionId;
  // On its way to its promotion; what was promoted once may keep the label.
  const pending = rotatingVersion(state);
  return way.action === 'nothing' && pending !== holderOf(state, labels.previous) ? pending : undefined;
}

/** A version is retiring, and nobody works on it. */
function held({ state, dates, attempts }: Known): WayOut {
  const turn = openTurn(state, dates);
  if (turn === undefined) return { action: 'nothing', why: 'no version is retiring' };
  const { versionId, goingBack, retire } = turn;
  if (attempts[versionId] === 'SUCCEEDED')
    return {
      action: 'decide',
      why: `the rollout of version ${versionId} had ended well, and ${labels.retiring} was put on ${retire} after it; take that label off, or rotate after it`,
    };
  const previous = holderOf(state, labels.previous);
  if (!goingBack && attempts[versionId] === undefined && previous !== undefined && previous !== retire)
    return {
      action: 'decide',
      why: `${labels.current} came to ${versionId} by another hand while ${retire} was retiring; move it to ${previous} again, resume or roll back, then rotate`,
    };
  const third = rotatingVersion(state);
  if (third !== undefined && third !== retire && third !== previous)
    return {
      action: 'decide',
      why: `version ${third} is ${labels.pending} although ${retire} is retiring; find out whose it is and take the label from it`,
    };
  return goingBack
    ? { action: 'go-back', versionId, retire, why: `it went back from version ${versionId} and was held` }
    : { action: 'roll-forward', versionId, retire, why: `the rollout of version ${versionId} was held` };
}

/** The retiring label is on AWSCURRENT: finishSecret died before the promotion, or the move back stopped half way. */
function unpromoted({ state, attempts, last }: Known, current: string): WayOut {
  const pending = rotatingVersion(state);
  const previous = holderOf(state, labels.previous);
  // Its pending label is gone, and so is every other; the record of the hold still names it.
  const abandoned = last?.result === 'held' && !(last.versionId in state.versions) ? last.versionId : undefined;
  // AWSPREVIOUS follows AWSCURRENT by itself: on a version whose rollout did not end it tells that it was current.
  const undone = previous !== undefined && attempts[previous] === 'FAILED' && (pending ?? previous) === previous;
  const wentBack = last?.versionId === previous && last?.result === 'rolled-back';
  if (undone && !wentBack && abandoned === undefined)
    return {
      action: 'go-back',
      versionId: previous,
      retire: previous,
      why: `${labels.current} was moved back from ${previous}, and nothing after it was done`,
    };
  const versionId = pending ?? abandoned;
  if (versionId === undefined)
    return {
      action: 'decide',
      why: `${labels.retiring} is on ${current}, which is ${labels.current}, and no rotation is on its way; look for a credential at the target that no version has, then take the label off`,
    };
  return { action: 'end-rotation', versionId, why: `version ${versionId} was not promoted` };
}

/** A rotation on its way to its promotion, or stuck there. */
function rotating({ dates, attempts, promotionSeconds, nowMs }: Known, versionId: string): WayOut {
  const startedMs = dates[versionId];
  const isLate = startedMs !== undefined && nowMs - startedMs > promotionSeconds * 1000;
  if (!isLate && attempts[versionId] === undefined)
    return { action: 'nothing', why: `the rotation to version ${versionId} is on its way to its promotion` };
  return { action: 'end-rotation', versionId, why: `version ${versionId} was not promoted` };
}

/** Nothing is retiring and nothing on its way: all is done, unless AWSCURRENT came by another hand. */
function settled({ state, dates, attempts, last }: Known, current: string): WayOut {
  const previous = holderOf(state, labels.previous);
  const idle: WayOut = { action: 'nothing', why: 'no rollout is open' };
  if (previous === undefined || previous === current) return idle;
  if ((dates[current] ?? 0) < (dates[previous] ?? 0)) {
    const wentBack = last?.versionId === previous && last.result === 'rolled-back';
    if (wentBack || attempts[previous] === 'FAILED') return idle;
    return {
      action: 'decide',
      why: `${labels.current} was moved by hand to the older version ${current}, which may have been retired; if it does not work, move it to ${previous} again, else take ${labels.pending} off that one and rotate`,
    };
  }
  if (attempts[current] === 'SUCCEEDED' || (last?.versionId === current && last.result === 'retired')) return idle;
  return {
    action: 'roll-out',
    versionId: current,
    retire: previous,
    why: `${labels.current} came to ${current} by another hand than Keyturn’s`,
  };
}
