import { describe, expect, it } from 'vitest';
import { intervalOf } from '../../lib/inventory/schedule.ts';

const HOUR = 3600;
const DAY = 86_400;

describe('how often a schedule fires', () => {
  it.each([
    ['rate(1 hour)', HOUR, HOUR],
    ['rate(30 days)', 30 * DAY, 30 * DAY],
    ['rate(90 minutes)', 1.5 * HOUR, 1.5 * HOUR],
    ['cron(0 3 * * ? *)', DAY, DAY],
    ['cron(0 3 1 * ? *)', 28 * DAY, 31 * DAY],
    ['cron(0 3 L * ? *)', 28 * DAY, 31 * DAY],
    ['cron(0 3 31 * ? *)', 31 * DAY, 61 * DAY],
    ['cron(0 3 1 1,7 ? *)', 181 * DAY, 184 * DAY],
    ['cron(0 3 1 JAN ? *)', 365 * DAY, 366 * DAY],
    ['cron(0 3 29 2 ? *)', 1461 * DAY, 1461 * DAY],
    ['cron(0 3 ? * SUN *)', 7 * DAY, 7 * DAY],
    ['cron(0 3 ? * 2-6 *)', DAY, 3 * DAY],
    ['cron(0 3 ? * MON,THU *)', 3 * DAY, 4 * DAY],
    ['cron(0 3 ? * 3#2 *)', 28 * DAY, 35 * DAY],
    ['cron(0 3 ? * 6L *)', 28 * DAY, 35 * DAY],
    ['cron(0 3 ? * L *)', 7 * DAY, 7 * DAY],
    ['cron(0/20 3 ? * SUN *)', 20 * 60, 7 * DAY - 40 * 60],
    ['cron(30 1,13 * * ? *)', 12 * HOUR, 12 * HOUR],
    ['cron(0 3 1 * ? 2040-2060)', 28 * DAY, 31 * DAY],
  ])('%s: every %i to %i seconds', (schedule, shortestSeconds, longestSeconds) => {
    expect(intervalOf(schedule)).toEqual({ shortestSeconds, longestSeconds });
  });

  it('takes the workday nearest to a date, and stays in the month', () => {
    // 2026-02-01 and 2026-03-01 are Sundays (→ the 2nd), 2026-05-01 is a Friday, 2026-08-01 a Saturday (→ the 3rd).
    const { shortestSeconds, longestSeconds } = intervalOf('cron(0 3 1W * ? *)');
    expect(shortestSeconds / DAY).toBe(28);
    expect(longestSeconds / DAY).toBe(33);
    expect(intervalOf('cron(0 3 LW * ? *)').shortestSeconds / DAY).toBeGreaterThanOrEqual(26);
  });

  it.each([
    ['0 3 1 * ? *', 'neither cron(…) nor rate(…)'],
    ['at(2026-12-01T00:00:00)', 'neither cron(…) nor rate(…)'],
    ['rate(1 month)', 'neither cron(…) nor rate(…)'],
    ['rate(0 days)', 'never fires'],
    ['cron(0 3 1 * ?)', 'six fields'],
    ['cron(0 3 1 * * *)', 'must be ?'],
    ['cron(0 3 ? * ? *)', 'must be ?'],
    ['cron(60 3 1 * ? *)', 'not between 0 and 59'],
    ['cron(0 24 1 * ? *)', 'not between 0 and 23'],
    ['cron(0 3 32 * ? *)', 'not between 1 and 31'],
    ['cron(0 3 1 13 ? *)', 'not between 1 and 12'],
    ['cron(0 3 ? * 0 *)', 'not between 1 and 7'],
    ['cron(0 3 ? * FRIDAY *)', 'day of week'],
    ['cron(x 3 1 * ? *)', 'minutes'],
    ['cron(9-5 3 1 * ? *)', 'is empty'],
    ['cron(0/0 3 1 * ? *)', 'is empty'],
    ['cron(0 3 30 2 ? *)', 'less than twice'],
    ['cron(0 3 1 1 ? 2027)', 'less than twice'],
    ['cron(0 3 1 * ? 2020)', 'less than twice'],
  ])('%s is refused: %s', (schedule, reason) => {
    expect(() => intervalOf(schedule)).toThrow(reason);
  });
});
