import * as z from 'zod/mini';
import { KeyturnError } from '../../../core/errors.ts';
import type { FurtherSecretAccess } from '../../../core/kind.ts';
import { SecretValue } from '../../../core/secret-value.ts';
import type { Login } from '../../shared/database-user/credential.ts';
import { nameOf } from '../../shared/database-user/target.ts';
import { parseDocument } from '../../shared/document.ts';
import { type Session, withSession } from '../client.ts';
import type { Context } from '../doors.ts';
import type { Pooler } from './schema.ts';

const text = z.string().check(z.minLength(1));
const ConsoleLogin = z.looseObject({ username: text, password: text });

/** The database of the admin console. */
const consoleDatabase = 'pgbouncer';

/** Logs in through the pooler, as its clients do. */
export function throughPooler<T>(
  { target, signal }: Context,
  { username, password }: Login,
  pooler: Pooler,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { database = target.database, tls } = pooler;
  return withSession(
    { endpoint: pooler, database, user: username, password, tls, admin: false, pooler: true, signal },
    work,
  );
}

/** Logs in at the pooler's admin console. */
export async function atConsole<T>(
  context: Context,
  pooler: Pooler,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { consoleSecret, tls } = pooler;
  const isNot = `the secret ${consoleSecret} is not the JSON of a login (username, password)`;
  const { username, password } = parseDocument(ConsoleLogin, await furtherOf(context).read(consoleSecret), isNot);
  return withSession(
    {
      endpoint: pooler,
      database: consoleDatabase,
      user: username,
      password: SecretValue.of(password),
      tls,
      admin: true,
      pooler: true,
      signal: context.signal,
    },
    work,
  );
}

export function furtherOf({ further }: Context): FurtherSecretAccess {
  if (further === undefined)
    throw new KeyturnError('InvalidInput', 'the target names poolers and no secrets of theirs');
  return further;
}

export function poolerName(pooler: Pooler): string {
  return `pooler ${nameOf(pooler)}`;
}
