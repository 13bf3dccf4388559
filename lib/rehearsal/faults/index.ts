import type { Declared } from '../estates/buywhere/declared.ts';
import type { Buywhere } from '../estates/buywhere/index.ts';
import type { TurnResult } from '../report/report.ts';
import { unhealthyConsumer } from './unhealthy-consumer.ts';

/** Something that goes wrong in a rehearsal, and how it should end. */
export interface Fault {
  /** For the help text. */
  title: string;
  /** Makes it go wrong from now on. */
  begin(estate: Buywhere): void;
  /** By secret. */
  expected(declared: Declared): Record<string, TurnResult>;
}

export const faults: Readonly<Record<string, Fault>> = {
  'unhealthy-consumer': {
    title: 'a service that never becomes healthy on the new database login: Keyturn goes back',
    begin: unhealthyConsumer,
    expected: ({ database, accessKey }) => ({ [database.secret]: 'rolled-back', [accessKey.secret]: 'retired' }),
  },
};
