import type { Health } from '../check.ts';

/** One check's run so far, carried in the workflow's state. */
export interface Tally {
  successes: number;
  startedAtMs: number;
}

export type TallyResult =
  | { state: 'healthy'; tally: Tally }
  | { state: 'probing'; tally: Tally; reason: string }
  | { state: 'unhealthy'; tally: Tally; reason: string };

/** Counts consecutive healthy answers; an unhealthy one starts the count again, until the deadline. Pure. */
export function tallyUp(
  probe: Health,
  tally: Tally | undefined,
  nowMs: number,
  needed: { successes: number; deadlineSeconds: number },
): TallyResult {
  const startedAtMs = tally?.startedAtMs ?? nowMs;
  const successes = probe.state === 'healthy' ? (tally?.successes ?? 0) + 1 : 0;
  const next = { successes, startedAtMs };
  if (successes >= needed.successes) return { state: 'healthy', tally: next };
  const reason = probe.state === 'healthy' ? `${successes} of ${needed.successes} healthy answers` : probe.reason;
  const late = nowMs - startedAtMs > needed.deadlineSeconds * 1000;
  return { state: late ? 'unhealthy' : 'probing', tally: next, reason };
}
