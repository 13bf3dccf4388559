import type { Secret } from './secret.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** "The next rotation is scheduled to occur on or before this date"; undefined for cron(), which the simulator does not reckon. */
export function nextRotationAtMs({ rotation, lastRotatedAtMs, createdAtMs }: Secret): number | undefined {
  if (!rotation?.enabled) return undefined;
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression = '' } = rotation.rules;
  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(expression);
  const intervalMs =
    days !== undefined ? days * DAY_MS : rate && Number(rate[1]) * (rate[2] === 'day' ? DAY_MS : HOUR_MS);
  return intervalMs ? (lastRotatedAtMs ?? createdAtMs) + intervalMs : undefined;
}
