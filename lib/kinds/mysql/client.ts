import { Socket } from 'node:net';
import type { Connection, ConnectionOptions } from 'mysql2';
import { SecretValue } from '../../core/secret-value.ts';
import { rdsCertificates } from '../shared/database-user/rds-certificates.ts';
import type { Endpoint, Tls } from '../shared/database-user/target.ts';
import { explain, type Failure } from './failure.ts';

/** One login at one endpoint. */
export interface Login {
  endpoint: Endpoint;
  /** Undefined: none. */
  database: string | undefined;
  user: string;
  password: SecretValue;
  tls: Tls;
  /** Keyturn's own login, not the one under rotation. */
  admin: boolean;
  /** Ends the connection, whatever it is doing. */
  signal: AbortSignal;
}

export type Row = Record<string, unknown>;

export interface Session {
  /** One statement that reads; its rows. */
  rows(statement: string): Promise<Row[]>;
  /** One statement that changes something, and commits by itself. */
  run(statement: SecretValue): Promise<void>;
}

/** DNS, TCP, TLS and authentication together. */
const connectMs = 5_000;
/** What a session lets a change wait for a lock. The server's own default is a day in MariaDB, a year in MySQL. */
const lockSeconds = 5;
/** MariaDB's changes of users ignore the limit of locks, and heed this one. */
const statementSeconds = 8;
/** The server ends a session that is silent for so long: its process has died without a word. It may hold a lock. */
const silenceSeconds = 30;
/** For a server that keeps neither: a statement, and time for the answer to travel. */
const answerMs = 12_000;
/** For the server to see the good-bye; after it the socket is destroyed. */
const farewellMs = 1_000;

/** Once per session that changes something: nothing waits for hours, and strings mean the same at every server. */
export const prepareChanges = SecretValue.of(
  `SET SESSION lock_wait_timeout = ${lockSeconds}, wait_timeout = ${silenceSeconds}, sql_mode = 'STRICT_ALL_TABLES' /*M! , max_statement_time = ${statementSeconds} */`,
);

/**
 * Logs in, works and logs out. No connection outlives the call.
 * @throws the KeyturnErrors of `explain`, and what `work` throws.
 */
export async function withSession<T>(login: Login, work: (session: Session) => Promise<T>): Promise<T> {
  const { endpoint, user, database, admin, signal } = login;
  // Loaded when a server is first talked to. A bundle knows a CommonJS module by its default export alone.
  const { default: driver } = await import('mysql2');
  const socket = new Socket();
  const connection = driver.createConnection({ ...(await configOf(login)), stream: () => socket });
  const client = connection.promise();
  let loggedIn = false;
  // The first failure is the reason; what follows ("closed state") is its echo.
  let first: Failure | undefined;
  connection.on('error', (error) => {
    first ??= reduced(error);
  });
  const cut = () => {
    first ??= { ...unknown, code: 'ETIMEDOUT' };
    socket.destroy();
  };
  const attempt = async <R>(phase: 'login' | 'query', budgetMs: number, act: () => Promise<R>): Promise<R> => {
    const timer = setTimeout(cut, budgetMs);
    try {
      if (signal.aborted) {
        cut();
        throw signal.reason;
      }
      return await act();
    } catch (error) {
      const where = `${endpoint.host}:${endpoint.port}`;
      throw explain(first ?? reduced(error), { user, database, endpoint: where, admin, phase });
    } finally {
      clearTimeout(timer);
    }
  };

  signal.addEventListener('abort', cut);
  try {
    await attempt('login', connectMs, async () => {
      socket.setNoDelay(true).connect(endpoint.port, endpoint.host);
      await client.connect();
      loggedIn = true;
    });
    return await work({
      rows: (statement) => attempt('query', answerMs, async () => (await client.query(statement))[0] as Row[]),
      run: (statement) => attempt('query', answerMs, async () => void (await client.query(statement.reveal()))),
    });
  } finally {
    signal.removeEventListener('abort', cut);
    await farewell(connection, socket, loggedIn);
  }
}

/** Waits until the server has closed its side: only then has its session gone from the process list. */
async function farewell(connection: Connection, socket: Socket, loggedIn: boolean): Promise<void> {
  if (loggedIn && !socket.destroyed) {
    const gone = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    const timer = setTimeout(() => socket.destroy(), farewellMs);
    // An error now changes nothing: the work is done or has failed with an error of its own. Nor need there be an answer.
    connection.end(() => undefined);
    await gone;
    clearTimeout(timer);
  }
  socket.destroy();
}

async function configOf({ endpoint, database, user, password, tls }: Login): Promise<ConnectionOptions> {
  const { host, port } = endpoint;
  return {
    host,
    port,
    user,
    password: password.reveal(),
    ...(database === undefined ? {} : { database }),
    charset: 'UTF8MB4_BIN',
    // The server must never ask for a file, nor get a second statement.
    flags: ['-LOCAL_FILES'],
    multipleStatements: false,
    connectTimeout: 0,
    // Row parsers are otherwise made by `new Function`.
    disableEval: true,
    // Numbers that JavaScript has no place for come as texts.
    supportBigNumbers: true,
    ...('plaintext' in tls
      ? {}
      : {
          ssl: {
            ca: tls.ca === 'rds' ? await rdsCertificates() : tls.ca,
            // A chain to `ca`, and this very host name.
            rejectUnauthorized: true,
            verifyIdentity: true,
          },
        }),
  };
}

const unknown: Failure = { errno: undefined, code: undefined, option: undefined };

/** A driver's error without its message and statement, which can quote SQL and values. */
function reduced(error: unknown): Failure {
  if (!(error instanceof Error)) return unknown;
  const { errno, sqlState, code } = error as { errno?: unknown; sqlState?: unknown; code?: unknown };
  if (typeof sqlState === 'string' && typeof errno === 'number') {
    return { ...unknown, errno, option: /--([a-z][a-z_-]*)/.exec(error.message)?.[1]?.replaceAll('_', '-') };
  }
  const cause = code === 'HANDSHAKE_SSL_ERROR' ? tlsReason(error) : code;
  return { ...unknown, code: typeof cause === 'string' ? cause : undefined };
}

/** The driver writes its own code over that of a TLS error; the certificate's mistake is in its reason or its message. */
function tlsReason(error: Error): string {
  if ('reason' in error && 'cert' in error) return 'ERR_TLS_CERT_ALTNAME_INVALID';
  if (/certificate has expired/.test(error.message)) return 'CERT_HAS_EXPIRED';
  return 'HANDSHAKE_SSL_ERROR';
}
