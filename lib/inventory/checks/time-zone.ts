import type { Mistake } from '../mistake.ts';

/** Undefined when EventBridge Scheduler takes the name: an IANA time zone, not an offset. */
export function timeZoneMistake(timeZone: string): Pick<Mistake, 'what' | 'remedy'> | undefined {
  if (/^[A-Z]/i.test(timeZone) && isKnown(timeZone)) return undefined;
  return { what: `"${timeZone}" is not a time zone`, remedy: 'Use an IANA name such as Asia/Singapore or UTC' };
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
