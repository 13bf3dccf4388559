import { createConnection } from 'mysql2/promise';
import type { Verdict } from '../stand-in.ts';

export interface Door {
  host: string;
  port: number;
  database: string;
  /** PEM. */
  ca: string;
}

/** Wrong password; account locked, as MySQL and as MariaDB say it. */
const refusals = ['ER_ACCESS_DENIED_ERROR', 'ER_ACCOUNT_HAS_BEEN_LOCKED'];
const lockedInMariadb = 4151;

/** @throws Error for any answer that is neither a yes nor an authentication error. */
export async function logIn(door: Door, login: { username: string; password: string }): Promise<Verdict> {
  const { host, port, database, ca } = door;
  const { username: user, password } = login;
  try {
    const session = await createConnection({ host, port, database, user, password, ssl: { ca } });
    await session.query('SELECT 1');
    await session.end();
    return 'accepted';
  } catch (error) {
    const { code = '', errno } = error as { code?: string; errno?: number };
    if (refusals.includes(code) || errno === lockedInMariadb) return 'refused';
    throw error;
  }
}
