import type { Adoption } from '../../core/adoption.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { adoptDatabase } from '../shared/database-user/adopt.ts';
import { cloneOf } from '../shared/database-user/alternation.ts';

/** A connection URL, or AWS's JSON. README.md says what the admin needs. */
export function adopt(value: SecretValue): Adoption | undefined {
  return adoptDatabase(
    {
      name: 'PostgreSQL',
      schemes: ['postgresql', 'postgres'],
      engines: ['postgres', 'postgresql', 'aurora-postgresql'],
      port: 5432,
      grants: (user) => [
        "CREATE ROLE rotator LOGIN CREATEROLE PASSWORD '…';",
        'GRANT pg_signal_backend TO rotator;',
        `GRANT ${quoted(user)} TO rotator WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;  -- PostgreSQL 15: WITH ADMIN OPTION`,
        `-- and where ${cloneOf(user)} exists already:`,
        `GRANT ${quoted(cloneOf(user))} TO rotator WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;`,
      ],
    },
    value,
  );
}

/** As a name in SQL that is shown, not run. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
