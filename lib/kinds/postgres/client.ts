import { Socket } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import pg from 'pg';
import type { SecretValue } from '../../core/secret-value.ts';
import { rdsCertificates } from '../shared/database-user/rds-certificates.ts';
import type { Endpoint, Tls } from '../shared/database-user/target.ts';
import { closed, explain, type Failure, noTls, poolerReason } from './failure.ts';

/** One login at one endpoint. */
export interface Login {
  endpoint: Endpoint;
  database: string;
  user: string;
  password: SecretValue;
  tls: Tls;
  /** Keyturn's own login, not the one under rotation. */
  admin: boolean;
  /** Whether this is PgBouncer, which takes no settings at the login. Default false. */
  pooler?: boolean;
  /** Ends the connection, whatever it is doing. */
  signal: AbortSignal;
}

export interface Session {
  /** One parameterised statement; its rows. */
  rows(statement: string, values: readonly string[]): Promise<Record<string, unknown>[]>;
  /** One simple query: several statements in it are one transaction. */
  run(statements: SecretValue): Promise<void>;
}

/** DNS, TCP, TLS and authentication together. */
const connectMs = 5_000;
/** What the server allows one statement, and of it the wait for a lock. */
const statementMs = 10_000;
const lockMs = 5_000;
/** For a server that does not keep its own limit: `statementMs` and time for the answer to travel. */
const answerMs = statementMs + 2_000;
/** For the server to see the good-bye; after it the socket is destroyed. */
const farewellMs = 1_000;

/**
 * Logs in, works and logs out. No connection outlives the call.
 * @throws the KeyturnErrors of `explain`, and what `work` throws.
 */
export async function withSession<T>(login: Login, work: (session: Session) => Promise<T>): Promise<T> {
  const { endpoint, user, database, admin, pooler = false, signal } = login;
  const socket = new Socket();
  const client = new pg.Client({ ...(await configOf(login)), stream: () => socket });
  // The first failure is the reason; what follows ("not queryable") is its echo.
  let first: Failure | undefined;
  client.on('error', (error) => {
    first ??= reduced(error);
  });
  const cut = () => {
    first ??= { ...unknown, code: 'ETIMEDOUT' };
    socket.destroy();
  };
  const attempt = async <R>(phase: 'login' | 'query', budgetMs: number, act: () => Promise<R>): Promise<R> => {
    const timer = setTimeout(cut, budgetMs);
    try {
      if (signal.aborted) cut();
      return await act();
    } catch (error) {
      const where = `${endpoint.host}:${endpoint.port}`;
      throw explain(first ?? reduced(error), { user, database, endpoint: where, admin, pooler, phase });
    } finally {
      clearTimeout(timer);
    }
  };

  signal.addEventListener('abort', cut);
  try {
    await attempt('login', connectMs, () => (signal.aborted ? Promise.reject(signal.reason) : client.connect()));
    return await work({
      rows: (statement, values) =>
        attempt('query', answerMs, async () => (await client.query(statement, [...values])).rows),
      run: (statements) => attempt('query', answerMs, async () => void (await client.query(statements.reveal()))),
    });
  } finally {
    signal.removeEventListener('abort', cut);
    await farewell(client, socket);
  }
}

/** Waits until the server has closed its side: only then has its session gone from pg_stat_activity. */
async function farewell(client: pg.Client, socket: Socket): Promise<void> {
  if (!socket.destroyed && !socket.connecting) {
    const timer = setTimeout(() => socket.destroy(), farewellMs);
    // An error now changes nothing: the work is done or has failed with an error of its own.
    await client.end().catch(() => undefined);
    clearTimeout(timer);
  }
  socket.destroy();
}

async function configOf({ endpoint, database, user, password, tls, pooler }: Login): Promise<pg.ClientConfig> {
  const { host, port } = endpoint;
  return {
    host,
    port,
    database,
    user,
    password: password.reveal(),
    application_name: 'keyturn',
    ...(pooler ? {} : { statement_timeout: statementMs, lock_timeout: lockMs }),
    ssl:
      'plaintext' in tls
        ? false
        : {
            ca: tls.ca === 'rds' ? await rdsCertificates() : tls.ca,
            // verify-full: a chain to `ca`, and this very host name, be it a name or an address.
            rejectUnauthorized: true,
            checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
          },
  };
}

const unknown: Failure = { code: undefined, routine: undefined, file: undefined, severity: undefined };

/** What the driver says by message alone. */
const messages: Readonly<Record<string, string>> = {
  'The server does not support SSL connections': noTls,
  'Connection terminated unexpectedly': closed,
  'Connection terminated': closed,
};

/** A driver's error without its message, detail, hint, position and query text, which can quote SQL and values. */
function reduced(error: unknown): Failure {
  if (error instanceof pg.DatabaseError) {
    const { code, routine = poolerReason(error.message), file, severity } = error;
    return { code, routine, file, severity: severity ?? 'ERROR' };
  }
  if (!(error instanceof Error)) return unknown;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : messages[error.message];
  return { ...unknown, code };
}
