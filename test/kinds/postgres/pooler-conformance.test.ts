import { describe } from 'vitest';
import { describeKind } from '../../support/describe-kind.ts';
import { pgbouncerInstalled } from '../../support/pgbouncer-server.ts';
import { startPooledHarness } from './pooled.ts';

describe.runIf(pgbouncerInstalled())('behind PgBouncer', () => {
  describeKind('postgres, users from an auth_file', () => startPooledHarness('auth_file'));
  describeKind('postgres, users by auth_query', () => startPooledHarness('auth_query'));
});
