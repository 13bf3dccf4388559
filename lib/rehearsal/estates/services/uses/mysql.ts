import { createConnection, createPool } from 'mysql2/promise';
import { type Credential, inTurn, type Login, loginsOf, type Use } from '../use.ts';

/** Each login writes and reads. */
export function openUse(credential: Credential): Use {
  return inTurn(loginsOf(credential).map((login) => openLogin(login, credential)));
}

function openLogin(login: Login & { path: string }, { ca, service }: Credential): Use {
  const { host, port, username: user, password, path: database } = login;
  const config = { host, port, user, password, database, ssl: { ca }, connectTimeout: 5_000 };
  const pool = createPool({ ...config, connectionLimit: 2 });
  let isReplica: Promise<boolean> | undefined;

  async function askWhetherReplica(): Promise<boolean> {
    const [rows] = await pool.query('SELECT @@read_only AS replica');
    return (rows as { replica: number }[])[0]?.replica === 1;
  }

  return {
    async work() {
      isReplica ??= askWhetherReplica();
      if (!(await isReplica)) await pool.query('INSERT INTO visits (service) VALUES (?)', [service]);
      await pool.query('SELECT max(id) FROM visits');
    },
    async check() {
      const session = await createConnection(config);
      await session.query('SELECT 1');
      await session.end();
    },
    close: () => pool.end(),
  };
}
