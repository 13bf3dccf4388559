import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface DatabaseLogin {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
}

export interface Database {
  /** Writes and reads; changes a table's definition now and then. Returns the number of visits so far. */
  visit(): Promise<number>;
  /** A new session. */
  logIn(): Promise<void>;
  close(): Promise<void>;
}

/** One visit in so many also makes a table and alters one: what only the owner of the tables may do. */
const visitsPerDefinition = 40;

/** A service's sessions, verified against `ca`. */
export function openDatabase(login: DatabaseLogin | string, ca: string, service: string): Database {
  const config: pg.PoolConfig = {
    ...(typeof login === 'string' ? { connectionString: login } : login),
    ssl: { ca, rejectUnauthorized: true },
    application_name: service,
    max: 4,
    connectionTimeoutMillis: 5_000,
  };
  const pool = new pg.Pool(config);
  // An idle session that the server ends: the next request opens another, or fails and says so.
  pool.on('error', (error) => console.log(`a session ended: ${'code' in error ? error.code : error.name}`));
  let visits = 0;

  return {
    async visit() {
      visits += 1;
      await pool.query('INSERT INTO visits (service) VALUES ($1)', [service]);
      if (visits % visitsPerDefinition === 0) {
        await pool.query(`CREATE TABLE visits_${randomBytes(6).toString('hex')} (LIKE visits)`);
        await pool.query(`ALTER TABLE visits ALTER COLUMN service SET STATISTICS ${100 + (visits % 100)}`);
      }
      const { rows } = await pool.query<{ newest: number }>('SELECT max(id)::int AS newest FROM visits');
      return rows[0]?.newest ?? 0;
    },
    async logIn() {
      const client = new pg.Client(config);
      await client.connect();
      await client.query('SELECT 1');
      await client.end();
    },
    close: () => pool.end(),
  };
}
