import type { RolloutResult } from '../evidence/evidence.ts';

/** Where a rollout stands, in the operator's words and in order. */
export const phases = [
  'awaiting promotion',
  'planning',
  'disabling first',
  'writing views',
  'refreshing consumers',
  // From whichever phase it starts, the consumers are not well: it stands before the phases in which they are.
  'going back',
  'soaking',
  'at the gates',
  'awaiting a human',
  'disabling',
  'in grace',
  'destroying',
  'closing',
] as const;
export type Phase = (typeof phases)[number];

const byState: Readonly<Record<string, Phase>> = {
  AwaitPromotion: 'awaiting promotion',
  WaitForPromotion: 'awaiting promotion',
  StripPending: 'awaiting promotion',
  WaitOutRotation: 'awaiting promotion',
  Plan: 'planning',
  DisableFirst: 'disabling first',
  WriteViews: 'writing views',
  WaitForSkew: 'writing views',
  Waves: 'refreshing consumers',
  BackOnRequest: 'going back',
  WaitOutAttempt: 'going back',
  VerifyPredecessor: 'going back',
  MoveBack: 'going back',
  Back: 'going back',
  BackAgain: 'going back',
  WaitOutFirst: 'going back',
  Converged: 'soaking',
  Soak: 'soaking',
  LastUse: 'at the gates',
  AwaitGate: 'at the gates',
  WaitForGate: 'at the gates',
  CheckLabels: 'at the gates',
  VerifyConsumers: 'at the gates',
  CheckPlan: 'at the gates',
  RemindFirst: 'awaiting a human',
  WaitForHumanFirst: 'awaiting a human',
  Remind: 'awaiting a human',
  WaitForHuman: 'awaiting a human',
  LookAgain: 'awaiting a human',
  Disable: 'disabling',
  ProveRefused: 'disabling',
  HealthAgain: 'disabling',
  Grace: 'in grace',
  Destroy: 'destroying',
  Close: 'closing',
};

const results: Readonly<Record<string, RolloutResult>> = {
  RecordRetired: 'retired',
  RecordRolledBack: 'rolled-back',
  RecordHeld: 'held',
  RecordAbandoned: 'abandoned',
};

/** The phase that a state begins or belongs to; undefined for states inside a wave and for mere choices. */
export function phaseOfState(state: string): Phase | undefined {
  return byState[state];
}

/** What a state says of a rollout's end; undefined for every other state. */
export function resultOfState(state: string): RolloutResult | undefined {
  return results[state];
}

/** The phase that the newest known state belongs to. `entered` is newest first; states inside a wave are not phases of their own. Pure. */
export function phaseOf(entered: Iterable<string>): Phase | undefined {
  for (const state of entered) {
    const phase = phaseOfState(state);
    if (phase !== undefined) return phase;
  }
  return undefined;
}

/** Whether every consumer has come up on the new version. */
export function consumersHealthy(phase: Phase | undefined): boolean {
  return phase !== undefined && phases.indexOf(phase) >= phases.indexOf('soaking');
}
