import { describe } from 'vitest';
import { describeKind } from '../../support/describe-kind.ts';
import { hasMariadb } from '../../support/mariadb-server.ts';
import { startDualHarness } from './dual.ts';

describe.runIf(hasMariadb)('on MariaDB', () => {
  describeKind('mysql, two passwords of one user', startDualHarness);
});
