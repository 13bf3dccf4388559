import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import pg from 'pg';
import type { SimulatedWorld } from '../../../simulator/world.ts';
import type { Database } from './database.ts';

/** What a target says to a credential, asked with its own protocol and none of Keyturn's code. */
export type Verdict = 'accepted' | 'refused';

export interface Login {
  username: string;
  password: string;
}

/** @throws Error for any answer that is neither a yes nor an authentication error. */
export async function logIn({ host, port, ca }: Database, database: string, login: Login): Promise<Verdict> {
  const { username: user, password } = login;
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

export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

/** @throws Error for any answer that is neither a yes nor InvalidClientTokenId. */
export async function signIn({ endpoint, region }: SimulatedWorld, credentials: Key): Promise<Verdict> {
  const client = new STSClient({ endpoint, region, credentials, maxAttempts: 1 });
  try {
    await client.send(new GetCallerIdentityCommand());
    return 'accepted';
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidClientTokenId') return 'refused';
    throw error;
  } finally {
    client.destroy();
  }
}
