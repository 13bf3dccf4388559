import type { Estate } from '../estates/estate.ts';
import type { TurnResult } from '../report/report.ts';
import { databaseAway } from './database-away.ts';
import { functionKilled } from './function-killed.ts';
import { unhealthyConsumer } from './unhealthy-consumer.ts';

/** Something that goes wrong in a rehearsal, and how it should end. */
export interface Fault {
  /** For the help text. */
  title: string;
  /** Makes it go wrong from now on. @throws CannotStart when the estate has nothing for it to happen to */
  begin(estate: Estate): Expectation;
}

/** From `fromMs` to `toMs` these services cannot be expected to answer. */
export interface Outage {
  services: readonly string[];
  fromMs: number;
  toMs: number;
}

/** What becomes of a run with a fault in it. */
export interface Expectation {
  /** By secret; those that are not named are retired. */
  results: Readonly<Record<string, TurnResult>>;
  /** Steps run more than once: what they cost is not judged. */
  interrupted?: true;
  /** While something that the services need was not there, by the clock of the world; until now where it is not back yet. */
  outages?(): Outage[];
  /** What should have gone wrong and did not, at the end. */
  missed?(): string[];
}

export const faults: Readonly<Record<string, Fault>> = {
  'unhealthy-consumer': {
    title: 'a service that never becomes healthy on the new credential: Keyturn goes back',
    begin: unhealthyConsumer,
  },
  'function-killed': {
    title: 'each function that changes something dies once in the middle of it: everything still turns',
    begin: functionKilled,
  },
  'database-away': {
    title:
      'a database goes away while it is told the new credential, and again while the old one is disabled: everything still turns',
    begin: databaseAway,
  },
};

/** @throws Error with the names of those that there are */
export function faultNamed(name: string): Fault {
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault === undefined) throw new Error(`there is no fault "${name}"; there is: ${Object.keys(faults).join(', ')}`);
  return fault;
}

/** Begins all of them; what becomes of the run is what becomes of it with each. */
export function beginAll(all: readonly Fault[], estate: Estate): Expectation {
  const begun = all.map((fault) => fault.begin(estate));
  const outages = begun.map((expectation) => expectation.outages).filter((each) => each !== undefined);
  return {
    results: Object.assign({}, ...begun.map(({ results }) => results)),
    ...(begun.some(({ interrupted }) => interrupted) && { interrupted: true as const }),
    ...(outages.length > 0 && { outages: () => outages.flatMap((each) => each()) }),
    missed: () => begun.flatMap((expectation) => expectation.missed?.() ?? []),
  };
}
