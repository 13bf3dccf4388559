import type { Target } from '../../../kinds/mysql/schema.ts';
import { type AdminLogin, newPassword } from '../../estates/admin-secrets.ts';
import { type MariadbServer, startMariadb } from '../../estates/mariadb-server.ts';
import type { ServerPlan } from '../by-server.ts';
import type { Surroundings } from '../stand-in.ts';

export interface Server extends Pick<MariadbServer, 'port' | 'replicaPort' | 'sql' | 'log' | 'restart' | 'stop'> {
  /** The name that its certificate is for: the driver compares names only. */
  host: string;
  /** First passwords, by user. */
  passwords: ReadonlyMap<string, string>;
}

/** A server that is reached by TLS, with its replica where one is declared, and what an engineer set up before Keyturn came. */
export async function startServer(
  { secrets }: ServerPlan<Target>,
  { authority, admins }: Surroundings,
): Promise<Server> {
  const server = await startMariadb({
    tls: authority.issue(['localhost', '127.0.0.1']),
    replica: secrets.some(({ target }) => target.replicas.length > 0),
  });
  try {
    const passwords = new Map<string, string>();
    for (const { target } of secrets) {
      if (passwords.has(target.user)) continue;
      const password = newPassword();
      await setUp(server, target, password, admins.login(target.adminSecret));
      passwords.set(target.user, password);
    }
    return { ...server, host: 'localhost', passwords };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The users that an engineer grants, the database, and its one table. */
async function setUp(
  server: MariadbServer,
  { user, database, hosts = ['%'] }: Target,
  password: string,
  admin: AdminLogin,
): Promise<void> {
  const name = identifier(database);
  // In a grant, the wildcards of LIKE stand in a database's name.
  const granted = identifier(database.replaceAll(/[\\_%]/g, '\\$&'));
  const rotator = `${literal(admin.username)}@'%'`;
  const session = await server.connect();
  try {
    // What an engineer types is not what is searched for cleartext.
    await session.query('SET SESSION sql_log_off = 1');
    await session.query(`CREATE DATABASE IF NOT EXISTS ${name}`);
    for (const host of hosts) {
      const account = `${literal(user)}@${literal(host)}`;
      await session.query(`CREATE USER ${account} IDENTIFIED BY ${literal(password)} REQUIRE SSL`);
      await session.query(`GRANT ALL PRIVILEGES ON ${granted}.* TO ${account}`);
    }
    await session.query(
      `CREATE USER IF NOT EXISTS ${rotator} IDENTIFIED BY ${literal(admin.password)} REQUIRE SSL;
       GRANT SELECT ON mysql.* TO ${rotator};
       GRANT CREATE USER, PROCESS, CONNECTION ADMIN ON *.* TO ${rotator};
       GRANT ALL PRIVILEGES ON ${granted}.* TO ${rotator} WITH GRANT OPTION;
       CREATE TABLE IF NOT EXISTS ${name}.visits
         (id bigint AUTO_INCREMENT PRIMARY KEY, service varchar(64) NOT NULL, at timestamp DEFAULT now())`,
    );
  } finally {
    await session.end();
  }
}

function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function literal(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
