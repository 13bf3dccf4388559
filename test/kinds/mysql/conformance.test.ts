import { describe } from 'vitest';
import { describeKind } from '../../support/describe-kind.ts';
import { hasMariadb } from '../../support/mariadb-server.ts';
import { startHarness } from './harness.ts';

describe.runIf(hasMariadb)('on MariaDB', () => {
  describeKind('mysql', startHarness);
});
