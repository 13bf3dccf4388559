import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Credential, inTurn, type Login, loginsOf, type Use } from '../use.ts';

/** One visit in so many also makes a table and alters one: what only the owner of the tables may do. */
const visitsPerDefinition = 200;

/** Each login reads; those at a writer also write, and now and then change a table's definition. */
export function openUse(credential: Credential): Use {
  const table = `"${String(credential.settings['table']).replaceAll('"', '""')}"`;
  return inTurn(loginsOf(credential).map((login) => openLogin(login, table, credential)));
}

function openLogin(login: Login & { path: string }, table: string, { ca, service }: Credential): Use {
  const config: pg.PoolConfig = {
    host: login.host,
    port: login.port,
    user: login.username,
    password: login.password,
    database: login.path,
    ssl: { ca, rejectUnauthorized: true },
    application_name: service,
    max: 2,
    connectionTimeoutMillis: 5_000,
  };
  const pool = new pg.Pool(config);
  // An idle session that the server ends: the next request opens another, or fails and says so.
  pool.on('error', (error) => console.log(`a session ended: ${'code' in error ? error.code : error.name}`));
  let isReplica: Promise<boolean> | undefined;
  let visits = 0;

  async function askWhetherReplica(): Promise<boolean> {
    const { rows } = await pool.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
    return rows[0]?.replica === true;
  }

  async function write(): Promise<void> {
    visits += 1;
    await pool.query(`INSERT INTO ${table} (service) VALUES ($1)`, [service]);
    if (visits % visitsPerDefinition !== 0) return;
    await pool.query(`CREATE TABLE visits_${randomBytes(6).toString('hex')} (LIKE ${table})`);
    await pool.query(`ALTER TABLE ${table} ALTER COLUMN service SET STATISTICS ${100 + (visits % 100)}`);
  }

  return {
    async work() {
      isReplica ??= askWhetherReplica();
      if (!(await isReplica)) await write();
      await pool.query(`SELECT max(id) FROM ${table}`);
    },
    async check() {
      const client = new pg.Client(config);
      await client.connect();
      await client.query('SELECT 1');
      await client.end();
    },
    close: () => pool.end(),
  };
}
