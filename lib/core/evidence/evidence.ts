import type { JsonValue } from '../consumer.ts';
import { type EmergencyMode, skippedIn } from '../emergency.ts';
import type { Disabled } from '../rollout/retirement.ts';
import type { Turn } from '../rollout/turn.ts';

export type RolloutResult = 'retired' | 'rolled-back' | 'held' | 'abandoned';

/** The record of one rollout, fit to show an auditor. No values: ids, instants, and what was seen. */
export interface Evidence {
  schema: 1;
  secret: string;
  kind: string;
  policy: string;
  result: RolloutResult;
  /** The version that the rotation made, and the attempt of its rollout. */
  versionId: string;
  attempt: number;
  recordedAt: string;
  turn: Turn | null;
  /** Non-secret name of the credential that was disabled; null when none was. */
  retiredIdentity: string | null;
  /** Each endpoint's own answer to a login with the old credential. */
  refusals: JsonValue;
  /** Why no refusal was seen: the inventory's own words. Null where one was, and where nothing was to be refused. */
  unproven: string | null;
  /** What each consumer was seen to run on, right before Disable. */
  consumers: JsonValue;
  noConsumers: string | null;
  /** Why it was held, rolled back or abandoned: code and message. */
  failure: { code: string; message: string } | null;
  /**
   * An emergency's rollout: what it left out, and what was known of the old credential's use (null: not used, or not asked).
   * Who declared it and why stands beside the record.
   */
  emergency: { mode: EmergencyMode; skipped: string[]; stillUsed: string | null } | null;
  /** ISO instants by phase; a phase that was not reached is missing. */
  timeline: Record<string, string>;
  /** Whether the old credential is gone for good or can still be enabled. */
  finality: 'destroyed' | 'disabled' | 'nothing-revoked';
}

/** A function's answer, as it stands in the workflow's state. */
interface Answer<T = object> {
  answer: T & { atMs: number };
}

/** What the workflow's state holds when a rollout ends, as far as it got. */
export interface RolloutState {
  secretArn: string;
  versionId: string;
  attempt: number;
  plan?: {
    secret: string;
    kind: string;
    policy: string;
    noConsumers: string | null;
    emergency?: EmergencyMode | 'none';
  };
  promotion?: Answer;
  turn?: Turn;
  disabledFirst?: Answer<Disabled>;
  views?: Answer;
  converged?: Answer;
  lastUse?: Answer<{ state: string; reason?: string }>;
  verified?: { waves: JsonValue };
  /** What a human was asked for. */
  human?: { answer: { asked: { sinceMs: number } | null } };
  disabled?: Answer<Disabled>;
  refused?: Answer<{ refusals: JsonValue; unproven?: string | null }>;
  destroyed?: Answer;
  closed?: Answer;
  abandoned?: Answer<{ said: string }>;
  failure?: { Error?: string; Cause?: string };
}

const phases = [
  'promotion',
  'disabledFirst',
  'views',
  'converged',
  'disabled',
  'refused',
  'destroyed',
  'closed',
] as const;

/** Pure. */
export function evidenceOf(state: RolloutState, secretName: string, result: RolloutResult, nowMs: number): Evidence {
  const timeline: Record<string, string> = {};
  const asked = state.human?.answer.asked;
  if (asked) timeline['humanAsked'] = new Date(asked.sinceMs).toISOString();
  const disabled = disabledIn(state);
  for (const phase of phases) {
    const atMs = phase === 'disabled' && disabled === undefined ? undefined : state[phase]?.answer.atMs;
    if (atMs !== undefined) timeline[phase] = new Date(atMs).toISOString();
  }
  return {
    schema: 1,
    secret: secretName,
    kind: state.plan?.kind ?? 'unknown',
    policy: state.plan?.policy ?? 'unknown',
    result,
    versionId: state.versionId,
    attempt: state.attempt,
    recordedAt: new Date(nowMs).toISOString(),
    turn: state.turn ?? null,
    retiredIdentity: disabled?.identity ?? null,
    refusals: state.refused?.answer.refusals ?? [],
    unproven: state.refused?.answer.unproven ?? null,
    consumers: state.verified?.waves ?? [],
    noConsumers: state.plan?.noConsumers ?? null,
    failure: failureIn(state, result),
    emergency: emergencyIn(state),
    timeline,
    finality: finalityOf(disabled, state.destroyed !== undefined),
  };
}

function failureIn({ failure, abandoned }: RolloutState, result: RolloutResult): Evidence['failure'] {
  if (result === 'abandoned' && abandoned) return { code: 'RotationAbandoned', message: abandoned.answer.said };
  // In an emergency the last use may have been unknown, and the rollout went on.
  if (result === 'retired' || failure === undefined) return null;
  return { code: failure.Error ?? 'unknown', message: messageOf(failure.Cause) };
}

function emergencyIn({ plan, lastUse, failure }: RolloutState): Evidence['emergency'] {
  if (plan?.emergency === undefined || plan.emergency === 'none') return null;
  const unknown = lastUse === undefined && failure ? `unknown: ${messageOf(failure.Cause)}` : null;
  return { mode: plan.emergency, skipped: skippedIn(plan.emergency), stillUsed: lastUse?.answer.reason ?? unknown };
}

/** What Disable did, before the consumers moved or after; undefined where it did nothing, or waits for a human. */
function disabledIn({ disabled, disabledFirst }: RolloutState): Extract<Disabled, { state: 'done' }> | undefined {
  for (const attempt of [disabled, disabledFirst]) if (attempt?.answer.state === 'done') return attempt.answer;
  return undefined;
}

function finalityOf(
  disabled: Extract<Disabled, { state: 'done' }> | undefined,
  destroyed: boolean,
): Evidence['finality'] {
  // A version that held nothing, or nothing that does not go on: there was no credential to revoke.
  if (disabled === undefined || disabled.identity === null) return 'nothing-revoked';
  return destroyed || disabled.final ? 'destroyed' : 'disabled';
}

/** A function's failure arrives as JSON with `errorMessage`; a workflow's own as text. */
export function messageOf(cause: string | undefined): string {
  if (cause === undefined) return '';
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) return String(parsed.errorMessage);
  } catch {
    // Not JSON: the text is the message.
  }
  return cause;
}
