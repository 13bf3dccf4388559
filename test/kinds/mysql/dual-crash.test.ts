import { describe } from 'vitest';
import { describeCrashes } from '../../crash/describe-crashes.ts';
import { hasMariadb } from '../../support/mariadb-server.ts';
import { startDualHarness } from './dual.ts';

describe.runIf(hasMariadb)('on MariaDB', () => {
  describeCrashes('mysql with dual passwords', startDualHarness, { rotation: 15, emergency: 0 });
});
