import type { Estate } from '../estates/estate.ts';
import type { TurnResult } from '../report/report.ts';
import { unhealthyConsumer } from './unhealthy-consumer.ts';

/** Something that goes wrong in a rehearsal, and how it should end. */
export interface Fault {
  /** For the help text. */
  title: string;
  /** Makes it go wrong from now on. @throws CannotStart when the estate has nothing for it to happen to */
  begin(estate: Estate): Expectation;
}

/** What becomes of a run with a fault in it. */
export interface Expectation {
  /** By secret; those that are not named are retired. */
  results: Readonly<Record<string, TurnResult>>;
}

export const faults: Readonly<Record<string, Fault>> = {
  'unhealthy-consumer': {
    title: 'a service that never becomes healthy on the new credential: Keyturn goes back',
    begin: unhealthyConsumer,
  },
};
