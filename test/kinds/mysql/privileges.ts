import type { MariadbServer } from '../../support/mariadb-server.ts';
import type { MysqlEstate } from './harness.ts';

/**
 * All that an account of each host is, as the server itself says it, without its name, its password and whether it is
 * locked: equal for two users that are equally good. Read without any code of the kind's.
 */
export async function privilegesOf(
  server: MariadbServer,
  { base }: Pick<MysqlEstate, 'base'>,
  user: string,
): Promise<Record<string, string[]>> {
  const hosts = await server.sql(
    `SELECT Host, CONCAT(Priv) AS Priv, JSON_VALUE(Priv, '$.access') AS access FROM mysql.global_priv WHERE User = '${user.replaceAll(/['\\]/g, '\\$&')}' ORDER BY Host`,
  );
  const all: Record<string, string[]> = {};
  for (const { Host: host, Priv: priv, access } of hosts) {
    const name = `\`${user.replaceAll('`', '``')}\`@\`${host}\``;
    const wanted = `\`${base.replaceAll('`', '``')}\`@\`${host}\``;
    const grants = await server.sql(`SHOW GRANTS FOR ${name}`);
    const lines = grants.flatMap((row) => Object.values(row).map(String));
    const {
      ssl_type = 0,
      ssl_cipher,
      x509_issuer,
      x509_subject,
      plugin,
      default_role = '',
      ...rest
    } = JSON.parse(String(priv));
    const limits = Object.entries(rest).filter(([field, value]) => /^max_/.test(field) && value !== 0);
    all[String(host)] = [
      ...lines.map((line) => line.replace(name, wanted).replace(/ IDENTIFIED BY PASSWORD '[^']*'/, '')),
      JSON.stringify({ access, ssl_type, plugin, default_role, limits }),
      JSON.stringify([ssl_cipher, x509_issuer, x509_subject].map((text) => text ?? '')),
    ]
      .map(sortedLists)
      .sort();
  }
  return all;
}

/** The server lists columns in the order of its hash table. */
function sortedLists(line: string): string {
  return line.replaceAll(/\(([^)]*)\)/g, (_, list: string) => `(${list.split(', ').sort().join(', ')})`);
}
