import { defaults } from '../defaults.ts';
import type { Mistake } from '../mistake.ts';
import { type Interval, intervalOf } from '../schedule.ts';
import type { Inventory, Policy } from '../types.ts';
import { reasonOf } from './reason.ts';
import { timeZoneMistake } from './time-zone.ts';

/** Secrets Manager's own bounds of AutomaticallyAfterDays. */
const ageDays = { from: 1, to: 1000 };
const DAY_SECONDS = 86_400;

export function* checkPolicies(inventory: Inventory): Generator<Mistake> {
  for (const [name, policy] of Object.entries(inventory.policies)) {
    const where = `policy "${name}"`;
    // Schedules are named `keyturn-POLICY`, of at most 64 characters.
    if (!/^[A-Za-z0-9_-]{1,48}$/.test(name)) {
      yield { where, what: 'its name does not fit a schedule', remedy: 'Use up to 48 letters, digits, _ and -' };
    }
    if (policy.timeZone !== undefined) {
      const zone = timeZoneMistake(policy.timeZone);
      if (zone) yield { where, ...zone };
    }
    const window = policy.flexibleWindowMinutes ?? 0;
    if (window < 0 || window > 1440) {
      yield {
        where,
        what: `its flexible window of ${window} minutes is out of bounds`,
        remedy: 'Use 0 (exact) to 1440 (a day)',
      };
    }
    yield* checkTimes(where, policy);
  }
}

function waitsOf({ soakSeconds, gateSeconds, graceSeconds }: Policy) {
  return {
    soak: soakSeconds ?? defaults.soakSeconds,
    gate: gateSeconds ?? defaults.gateSeconds,
    grace: graceSeconds ?? defaults.graceSeconds,
  };
}

/** How long a rollout may take after its consumers are healthy. */
export function longestSeconds(policy: Policy): number {
  const { soak, gate, grace } = waitsOf(policy);
  return soak + gate + grace;
}

function* checkTimes(where: string, policy: Policy): Generator<Mistake> {
  const { maximumAgeDays } = policy;
  if (maximumAgeDays < ageDays.from || maximumAgeDays > ageDays.to) {
    yield {
      where,
      what: `its maximum age of ${maximumAgeDays} days is out of Secrets Manager's bounds`,
      remedy: `Use ${ageDays.from} to ${ageDays.to}`,
    };
  }
  let interval: Interval;
  try {
    interval = intervalOf(policy.schedule);
  } catch (error) {
    yield {
      where,
      what: `its schedule "${policy.schedule}" is not one of EventBridge Scheduler: ${reasonOf(error)}`,
      remedy:
        'Write cron(minutes hours day-of-month month day-of-week year), such as cron(0 3 1 * ? *), or rate(30 days)',
    };
    return;
  }

  const { soak, gate, grace } = waitsOf(policy);
  if (longestSeconds(policy) > interval.shortestSeconds) {
    yield {
      where,
      what: `its soak, gates and grace can take ${soak} + ${gate} + ${grace} seconds, but it may start again after ${interval.shortestSeconds}`,
      remedy: 'Shorten soakSeconds, gateSeconds or graceSeconds, or rotate less often',
    };
  }

  // Secrets Manager's own rule is the fallback. It is due from the start of a UTC day, so it takes a full day more than
  // the longest interval for the campaign to come first.
  const intervalDays = Math.ceil(interval.longestSeconds / DAY_SECONDS);
  if (maximumAgeDays <= intervalDays) {
    yield {
      where,
      what: `its maximum age of ${maximumAgeDays} days is not longer than its interval of up to ${intervalDays} days`,
      remedy: `Use at least ${intervalDays + 1} days, or rotate more often`,
    };
  }
}
