import type { Target } from '../../../kinds/postgres/schema.ts';
import { type AdminLogin, newPassword } from '../../estates/admin-secrets.ts';
import { type PgbouncerServer, pgbouncerVersion } from '../../estates/pgbouncer-server.ts';
import { type PostgresServer, startPostgres } from '../../estates/postgres-server.ts';
import type { ServerPlan } from '../by-server.ts';
import type { Surroundings } from '../stand-in.ts';
import { logSettings } from './log.ts';
import { loginFunction, startPooler } from './pooler.ts';

export interface Server extends Pick<PostgresServer, 'host' | 'port' | 'replicaPort' | 'log' | 'restart' | 'stop'> {
  /** Before it, by `host:port` of the inventory. */
  poolers: ReadonlyMap<string, PgbouncerServer>;
  /** One statement as superuser, or several in one text. */
  sql: PostgresServer['sql'];
  /** First passwords, by user. */
  passwords: ReadonlyMap<string, string>;
}

/** A server that is reached by TLS, with its replica where one is declared, and what an engineer set up before Keyturn came. */
export async function startServer({ secrets }: ServerPlan<Target>, surroundings: Surroundings): Promise<Server> {
  const { authority, admins, logsStatements } = surroundings;
  const server = await startPostgres({
    // Node asks for the name localhost where a client connects to an address.
    tls: authority.issue(['localhost', '127.0.0.1']),
    // Every statement, where the log is to be searched: that takes 1 GB a day.
    settings: logsStatements ? logSettings : {},
    // Plaintext is for the superuser alone, who sets up.
    hba: ['host all postgres all scram-sha-256', 'hostnossl all all all reject'],
    replica: secrets.some(({ target }) => target.replicas.length > 0),
  });
  const poolers = new Map<string, PgbouncerServer>();
  async function stop(): Promise<void> {
    await Promise.all([...poolers.values()].map((pooler) => pooler.stop()));
    await server.stop();
  }
  try {
    const passwords = new Map<string, string>();
    for (const { target } of secrets) {
      if (!passwords.has(target.user)) {
        passwords.set(target.user, await setUp(server, target, admins.login(target.adminSecret)));
      }
    }
    for (const { target } of pgbouncerVersion === undefined ? [] : secrets) {
      for (const pooler of target.poolers) {
        const at = addressOf(pooler);
        const running = poolers.get(at) ?? (await startPooler(pooler, server, passwords, surroundings));
        poolers.set(at, running);
        if (pooler.auth === 'query') await server.sql(loginFunction, undefined, target.database);
      }
    }
    return { ...server, passwords, poolers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The roles that an engineer grants, the database, and its one table. Returns the user's password. */
async function setUp(server: PostgresServer, { user, database }: Target, admin: AdminLogin): Promise<string> {
  const password = newPassword();
  const [base, rotator, name] = [user, admin.username, database].map(identifier);
  const superuser = await server.connect();
  const isThere = async (query: string, what: string) => (await superuser.query(query, [what])).rows.length > 0;
  try {
    // What an engineer types into psql is not what is searched for cleartext.
    await superuser.query("SET log_statement = 'none'");
    await superuser.query(`CREATE ROLE ${base} LOGIN PASSWORD '${password}'`);
    if (!(await isThere('SELECT 1 FROM pg_roles WHERE rolname = $1', admin.username))) {
      await superuser.query(`CREATE ROLE ${rotator} LOGIN CREATEROLE PASSWORD '${admin.password}'`);
      await superuser.query(`GRANT pg_signal_backend TO ${rotator}`);
    }
    await superuser.query(`GRANT ${base} TO ${rotator} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`);
    if (!(await isThere('SELECT 1 FROM pg_database WHERE datname = $1', database))) {
      await superuser.query(`CREATE DATABASE ${name} OWNER ${base}`);
    }
  } finally {
    await superuser.end();
  }
  const table = identifier(visitsOf(user));
  await server.sql(
    `GRANT CREATE ON SCHEMA public TO ${base}; SET ROLE ${base};
     CREATE TABLE ${table} (id bigserial PRIMARY KEY, service text NOT NULL, at timestamptz DEFAULT now())`,
    undefined,
    database,
  );
  return password;
}

/** `host:port`, as the inventory has it. */
export function addressOf({ host, port }: { host: string; port: number }): string {
  return `${host.toLowerCase()}:${port}`;
}

/** A user's own table: two may share a database. */
export function visitsOf(user: string): string {
  return `visits_of_${user}`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
