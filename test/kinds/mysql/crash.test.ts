import { describe } from 'vitest';
import { describeCrashes } from '../../crash/describe-crashes.ts';
import { hasMariadb } from '../../support/mariadb-server.ts';
import { startHarness } from './harness.ts';

describe.runIf(hasMariadb)('on MariaDB', () => {
  describeCrashes('mysql', () => startHarness());
});
