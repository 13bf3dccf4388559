import pg from 'pg';
import type { Verdict } from '../stand-in.ts';

export interface Door {
  host: string;
  port: number;
  database: string;
  /** PEM. */
  ca: string;
}

/** @throws Error for any answer that is neither a yes nor an authentication error. */
export async function logIn(door: Door, login: { username: string; password: string }): Promise<Verdict> {
  const { username: user, password } = login;
  const { host, port, database, ca } = door;
  const client = new pg.Client({ host, port, database, user, password, ssl: { ca, rejectUnauthorized: true } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return 'accepted';
  } catch (error) {
    // 28P01: wrong password; 28000: the role may not log in.
    if (error instanceof pg.DatabaseError && /^28(P01|000)$/.test(error.code ?? '')) return 'refused';
    throw error;
  } finally {
    await client.end();
  }
}
