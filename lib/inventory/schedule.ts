import { KeyturnError } from '../core/errors.ts';
import { type Cron, parseCron } from './cron.ts';

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;

/** Leap years and the last Friday of a month included; the same on every day that the app is synthesized. */
const lookAhead = { fromYear: 2026, years: 8 };

/** Between two starts of a schedule. */
export interface Interval {
  shortestSeconds: number;
  longestSeconds: number;
}

const unitSeconds: Record<string, number> = { minute: 60, hour: 3600, day: DAY_SECONDS };

/**
 * How often EventBridge Scheduler fires `cron(…)` or `rate(…)`. Reckoned on the wall clock: where clocks are set forward
 * and back, one interval a year is an hour shorter and one longer.
 * @throws InvalidInput
 */
export function intervalOf(schedule: string): Interval {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule);
  if (rate) {
    const seconds = Number(rate[1]) * (unitSeconds[rate[2] ?? ''] ?? 0);
    if (seconds === 0) throw new KeyturnError('InvalidInput', 'a rate of 0 never fires');
    return { shortestSeconds: seconds, longestSeconds: seconds };
  }
  const cron = /^cron\((.*)\)$/.exec(schedule);
  if (cron) return intervalOfCron(parseCron(cron[1] ?? ''));
  throw new KeyturnError('InvalidInput', 'it is neither cron(…) nor rate(…)');
}

function intervalOfCron(cron: Cron): Interval {
  const { secondsOfDay } = cron;
  const first = secondsOfDay.at(0) ?? 0;
  const last = secondsOfDay.at(-1) ?? 0;
  const gaps = secondsOfDay.slice(1).map((seconds, index) => seconds - (secondsOfDay[index] ?? 0));
  let previousDay: number | undefined;
  for (const day of daysOf(cron)) {
    if (previousDay !== undefined) gaps.push((day - previousDay) * DAY_SECONDS + first - last);
    previousDay = day;
  }
  if (previousDay === undefined || gaps.length === 0) {
    throw new KeyturnError('InvalidInput', 'it fires less than twice in eight years');
  }
  return { shortestSeconds: Math.min(...new Set(gaps)), longestSeconds: Math.max(...new Set(gaps)) };
}

/** Days on which the expression fires, counted from 1970. */
function* daysOf(cron: Cron): Generator<number> {
  const years = new Set(cron.years);
  const fromYear = cron.years.find((year) => year >= lookAhead.fromYear);
  if (fromYear === undefined) return;
  const toDay = Date.UTC(fromYear + lookAhead.years, 0, 1) / DAY_MS;
  for (let day = Date.UTC(fromYear, 0, 1) / DAY_MS; day < toDay; day += 1) {
    const date = new Date(day * DAY_MS);
    const year = date.getUTCFullYear();
    const month = date.getUTCMonth() + 1;
    if (!years.has(year)) continue;
    const monthLength = new Date(Date.UTC(year, month, 0)).getUTCDate();
    if (cron.onDay({ year, month, date: date.getUTCDate(), weekday: date.getUTCDay() + 1, monthLength })) yield day;
  }
}
