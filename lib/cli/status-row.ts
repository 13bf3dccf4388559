import type { LastRecord } from '../aws/evidence-reader.ts';
import { waitingSince } from '../core/campaign/waiting.ts';
import type { SecretEntry } from '../core/entry.ts';
import { labels } from '../core/labels.ts';
import type { SecretState } from '../core/ports.ts';
import { type OpenRollout, type Standing, standingOf } from '../core/rollout/standing.ts';
import { holderOf } from '../core/rotation/guard.ts';
import { waitingVersion } from '../core/rotation/supplied-label.ts';

const DAY_SECONDS = 86_400;

/** One secret as `status --json` prints it. Field names are stable; instants are ISO 8601. */
export interface StatusRow {
  secret: string;
  kind: string;
  policy: string;
  /** When the version that is AWSCURRENT was made; null when there is none. */
  currentSince: string | null;
  ageSeconds: number | null;
  maximumAgeDays: number;
  overAge: boolean;
  phase: Standing['phase'] | 'missing';
  goingBack: boolean;
  /** The version that is on its way; null when none is. */
  versionId: string | null;
  lastResult: LastResult | null;
  /** Since when a campaign waits for a value that a human must bring; null when none does. */
  waitingSince: string | null;
  /** When a value was brought that waits for its rotation; null when none waits. */
  suppliedAt: string | null;
  /** What a human should look at; empty when all is well. */
  attention: string[];
}

export interface LastResult {
  result: LastRecord['result'];
  at: string;
  versionId: string;
  attempt: number;
  failure: { code: string; message: string } | null;
  reason: string | null;
  requestedBy: string | null;
}

/** What is known of one secret; `state` is undefined when there is no such secret. */
export interface Seen {
  entry: SecretEntry;
  state: SecretState | undefined;
  /** Epoch milliseconds by version id. */
  dates: Readonly<Record<string, number>>;
  open: OpenRollout | undefined;
  last: LastRecord | undefined;
  nowMs: number;
}

/** Pure. */
export function statusRow(seen: Seen): StatusRow {
  const { entry, state, dates, open, last, nowMs } = seen;
  const current = state && holderOf(state, labels.current);
  const sinceMs = current === undefined ? undefined : dates[current];
  const ageSeconds = sinceMs === undefined ? null : Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  const standing: Pick<StatusRow, 'phase' | 'goingBack' | 'versionId'> = state
    ? standingOf(state, open)
    : { phase: 'missing', goingBack: false, versionId: null };
  const row: StatusRow = {
    secret: entry.secret,
    kind: entry.kind,
    policy: entry.policy,
    currentSince: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
    ageSeconds,
    maximumAgeDays: entry.maximumAgeDays,
    overAge: ageSeconds !== null && ageSeconds > entry.maximumAgeDays * DAY_SECONDS,
    ...standing,
    lastResult: last === undefined ? null : lastResultOf(last),
    waitingSince: (state && waitingSince(state)) ?? null,
    suppliedAt: state === undefined ? null : suppliedAtOf(state, dates),
    attention: [],
  };
  return { ...row, attention: attentionOf(row, seen) };
}

function lastResultOf({ result, recordedAt, versionId, attempt, failure, request }: LastRecord): LastResult {
  const { reason = null, requestedBy = null } = request ?? {};
  return { result, at: recordedAt, versionId, attempt, failure, reason, requestedBy };
}

function attentionOf(row: StatusRow, { entry, state, dates, open, nowMs }: Seen): string[] {
  if (state === undefined) return ['the inventory has it, but there is no such secret'];
  const attention: string[] = [];
  if (!state.rotationEnabled) attention.push('rotation is not enabled; deploy the app');
  if (row.currentSince === null) attention.push(`no version is ${labels.current}`);
  if (row.overAge)
    attention.push(`older than the ${entry.maximumAgeDays} days that its policy ${entry.policy} permits`);
  if (row.waitingSince !== null)
    attention.push(`waiting for a value since ${row.waitingSince}; make one, then run keyturn supply ${row.secret}`);
  if (row.phase === 'awaiting a human')
    attention.push(`waits for a human: ${open?.task ?? 'the reminders say what to do'}`);
  if (row.phase === 'held') attention.push(heldBecause(row, state));
  const { promotionSeconds, rotationSeconds } = entry.timings;
  const startedMs = row.phase === 'rotating' && row.versionId !== null ? dates[row.versionId] : undefined;
  if (startedMs !== undefined && nowMs - startedMs > (promotionSeconds + rotationSeconds) * 1000)
    attention.push('the rotation did not promote; see the rotation function’s log');
  return attention;
}

function suppliedAtOf(state: SecretState, dates: Seen['dates']): string | null {
  const waiting = waitingVersion(state);
  const atMs = waiting === undefined ? undefined : dates[waiting];
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

/** Only the record of the versions that are held now says why; an older hold's does not. */
function heldBecause({ lastResult: last }: StatusRow, state: SecretState): string {
  const isOfNow =
    last?.versionId === holderOf(state, labels.current) || last?.versionId === holderOf(state, labels.retiring);
  if (last?.result !== 'held' || !isOfNow) return 'held: its rollout ended without a record; look at its execution';
  return last.failure === null ? 'held' : `held: ${last.failure.code}: ${last.failure.message}`;
}
