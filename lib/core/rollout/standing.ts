import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import type { Phase } from './phase.ts';

/** A secret's rollout that is open, seen from outside. */
export interface OpenRollout {
  /** The version that the rotation made. */
  versionId: string;
  phase: Phase | undefined;
  /** What it waits for a human to do. */
  task?: string | undefined;
}

/** Where a secret stands, in the operator's words. */
export interface Standing {
  phase: Phase | 'idle' | 'rotating' | 'held';
  /** Whether the rollout goes back to the predecessor. */
  goingBack: boolean;
  /** The version that is on its way; null when none is. Of a hold, the record tells. */
  versionId: string | null;
}

/**
 * What the labels and the open rollout say together. A retiring version without an open rollout is a hold: nobody works
 * on it. Pure.
 */
export function standingOf(state: SecretState, open: OpenRollout | undefined): Standing {
  const retiring = holderOf(state, labels.retiring);
  const rotating = rotatingVersion(state);
  if (open !== undefined) {
    const phase = open.phase ?? 'awaiting promotion';
    // Going back, the retiring label is on the version that the rotation made.
    return { phase, goingBack: phase === 'going back' || retiring === open.versionId, versionId: open.versionId };
  }
  if (retiring !== undefined) {
    return { phase: 'held', goingBack: false, versionId: null };
  }
  if (rotating !== undefined) return { phase: 'rotating', goingBack: false, versionId: rotating };
  return { phase: 'idle', goingBack: false, versionId: null };
}

/** The version of a rotation that is not over: pending, and not current. Pure. */
export function rotatingVersion(state: SecretState): string | undefined {
  const pending = holderOf(state, labels.pending);
  return pending === holderOf(state, labels.current) ? undefined : pending;
}
