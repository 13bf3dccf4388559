import { describe } from 'vitest';
import { describeCrashes } from '../../crash/describe-crashes.ts';
import { pgbouncerInstalled } from '../../support/pgbouncer-server.ts';
import { startPooledHarness } from './pooled.ts';

describe.runIf(pgbouncerInstalled()).each(['auth_file', 'auth_query'] as const)('behind PgBouncer', (auth) => {
  describeCrashes(`postgres behind a PgBouncer with ${auth}`, () => startPooledHarness(auth), {
    rotation: 10,
    emergency: 0,
  });
});
