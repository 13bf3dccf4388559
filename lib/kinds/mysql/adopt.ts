import type { Adoption } from '../../core/adoption.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { adoptDatabase } from '../shared/database-user/adopt.ts';

/** A connection URL, or AWS's JSON. README.md says what the admin needs. */
export function adopt(value: SecretValue): Adoption | undefined {
  return adoptDatabase(
    {
      name: 'MySQL',
      schemes: ['mysql', 'mysql2', 'mariadb'],
      engines: ['mysql', 'mariadb', 'aurora-mysql', 'aurora'],
      port: 3306,
      grants: (_, database) => [
        "CREATE USER rotator IDENTIFIED BY '…' REQUIRE SSL;",
        'GRANT SELECT ON mysql.* TO rotator;',
        'GRANT CREATE USER, PROCESS, CONNECTION ADMIN ON *.* TO rotator;  -- MySQL: CONNECTION_ADMIN',
        `GRANT ALL PRIVILEGES ON ${quoted(database)}.* TO rotator WITH GRANT OPTION;  -- what the user has, to hand it on`,
      ],
    },
    value,
  );
}

/** As a name in SQL that is shown, not run. */
function quoted(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}
