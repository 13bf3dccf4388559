import { type ErrorCode, KeyturnError } from '../../core/errors.ts';

/** What is kept of a driver's error. Its message, detail, hint and query text are not: they can quote SQL and values. */
export interface Failure {
  /** SQLSTATE of the server's error, or the code of Node's. */
  code: string | undefined;
  /** The server's C function that raised it: tells errors of one SQLSTATE apart in every language of the server. */
  routine: string | undefined;
  /** The server's source file. */
  file: string | undefined;
  /** Server's errors have one. */
  severity: string | undefined;
}

/** The `cause` of this kind's errors: a failure's code and nothing else of it. */
export class ServerError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.severity === undefined ? `code ${failure.code}` : `SQLSTATE ${failure.code} (${failure.routine})`);
    this.name = 'ServerError';
    this.failure = failure;
  }
}

/** Who met the failure, and when. */
export interface Occasion {
  user: string;
  database: string;
  /** `host:port` */
  endpoint: string;
  /** Keyturn's own login, not the one under rotation. */
  admin: boolean;
  /** Whether it is PgBouncer that was talked to. */
  pooler: boolean;
  phase: 'login' | 'query';
}

/** Codes of our own, for what the driver reports by message alone. */
export const noTls = 'NO_TLS';
export const closed = 'CLOSED';

type Explanation = [code: ErrorCode, what: string];

/** Puts a failure into the words of `lib/core/errors.ts`. Pure. */
export function explain(failure: Failure, occasion: Occasion): KeyturnError {
  const ofServer = occasion.pooler ? poolerFailure : serverFailure;
  const [code, what] = (failure.severity === undefined ? networkFailure : ofServer)(failure, occasion);
  const login = `${occasion.admin ? 'the admin ' : ''}"${occasion.user}"`;
  return new KeyturnError(
    code,
    `${occasion.pooler ? 'PgBouncer' : 'PostgreSQL'} at ${occasion.endpoint}, login ${login}: ${what}`,
    {
      cause: new ServerError(failure),
    },
  );
}

/** The failure behind one of this kind's errors. */
export function failureOf(error: unknown): Failure | undefined {
  return error instanceof KeyturnError && error.cause instanceof ServerError ? error.cause.failure : undefined;
}

/** PostgreSQL's refusal, as PgBouncer hands it on to a client that waits for its first server connection. */
const handedOn = 'role is not permitted to log in';

/** PgBouncer's words for a login that it refuses, all under 08P01 (src/client.c, src/scram.c; newer ones say 28P01). */
const poolerRefusals = [
  handedOn,
  'SASL authentication failed',
  'password authentication failed',
  'auth failed',
  'no such user',
  'login rejected',
];

/** And for one that it lets in and has no server connection for. */
const poolerStalls = [
  'query_wait_timeout',
  'server login has been failing, try again later (server_login_retry)',
  'pgbouncer cannot connect to server',
];

/** And for a console's user who may not do what is asked: https://www.pgbouncer.org/usage.html#admin-console */
const consoleRefusals = ['admin access needed', 'not allowed'];

const poolerReasons: readonly string[] = [...poolerRefusals, ...poolerStalls, ...consoleRefusals];

/** What tells PgBouncer's failures apart; any other message may quote what a client has sent. */
export function poolerReason(message: string): string | undefined {
  if (/^role ".*" is not permitted to log in$/s.test(message)) return handedOn;
  return poolerReasons.find((reason) => reason === message);
}

/** PgBouncer's own failures, and PostgreSQL's that it hands on. */
function poolerFailure(failure: Failure, occasion: Occasion): Explanation {
  const { code, routine = '' } = failure;
  if (occasion.phase === 'login' && code === '28000') {
    return ['AuthenticationRefused', 'the login is refused (28000)'];
  }
  if (code !== '08P01') return serverFailure(failure, occasion);
  if (poolerRefusals.includes(routine)) return ['AuthenticationRefused', `the login is refused (${routine})`];
  if (poolerStalls.includes(routine))
    return [
      'TargetFailed',
      `it lets the login in and gets no connection to PostgreSQL for it (${routine}): PostgreSQL is away from there, or was a moment ago; if it is not, auth_query must leave out roles that may not log in`,
    ];
  if (consoleRefusals.includes(routine))
    return ['AdminPrivilegeMissing', `it may not do that at the console (${routine}): name it in admin_users`];
  return ['TargetFailed', 'it answered 08P01; its log says why: a database that it does not know, say'];
}

/** PostgreSQL's own codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function serverFailure({ code = '', routine }: Failure, { admin, database, phase }: Occasion): Explanation {
  if (code === '28P01') return ['AuthenticationRefused', 'the password is refused (28P01)'];
  if (code === '28000' && phase === 'login') {
    // miscinit.c: NOLOGIN, or no such role. Everything else of 28000 is pg_hba.conf's.
    return routine === 'InitializeSessionUserId'
      ? ['AuthenticationRefused', 'the role is not permitted to log in (28000)']
      : ['TargetFailed', 'pg_hba.conf does not admit this login from here (28000): correct pg_hba.conf or the network'];
  }
  if (code === '42501') {
    if (admin)
      return [
        'AdminPrivilegeMissing',
        `it lacks a privilege${phase === 'login' ? ` to connect to "${database}"` : ''} (42501)`,
      ];
    return [
      'PrivilegeLost',
      phase === 'login' ? `it may not connect to the database "${database}" (42501)` : 'it lacks a privilege (42501)',
    ];
  }
  if (code === '3D000') return ['InvalidInput', `there is no database "${database}" (3D000): correct target.database`];
  if (code === '53300')
    return ['TargetBusy', 'the server, the database or the role is at its connection limit (53300)'];
  if (code === '25006') return ['TargetFailed', readOnly];
  // Cancelled by statement_timeout or lock_timeout.
  if (code === '57014' || code === '55P03')
    return ['TargetTimeout', `a statement took too long or waited for a lock (${code})`];
  if (code === '08P01') {
    return [
      'TargetFailed',
      'this speaks only a part of the protocol (08P01), as poolers do: target.host must be PostgreSQL itself',
    ];
  }
  // Shutting down, crashed, starting up; connection exceptions.
  if (/^(57P0|08)/.test(code))
    return ['TargetUnreachable', `the server is not accepting connections just now (${code})`];
  return ['TargetFailed', `the server answered SQLSTATE ${code}; its log has the statement`];
}

export const readOnly =
  'this is a read-only standby (25006): target.host must be the writer, or a failover is under way';

const networkCodes: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: ['TargetUnresolved', 'the host name does not resolve'],
  EAI_AGAIN: ['TargetUnresolved', 'the host name cannot be resolved just now'],
  ECONNREFUSED: ['TargetUnreachable', 'nothing listens there'],
  EHOSTUNREACH: ['TargetUnreachable', 'there is no route to the host'],
  ENETUNREACH: ['TargetUnreachable', 'there is no route to the network'],
  ECONNRESET: ['TargetUnreachable', 'the connection was reset'],
  EPIPE: ['TargetUnreachable', 'the connection was closed'],
  [closed]: ['TargetUnreachable', 'the connection was closed'],
  ETIMEDOUT: ['TargetTimeout', 'no answer in time'],
  [noTls]: ['TargetTlsFailed', 'the server does not offer TLS; Keyturn does not fall back to plaintext'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'TargetTlsFailed',
    "the certificate is not for this host name: target.host must be one of the certificate's",
  ],
  CERT_HAS_EXPIRED: ['TargetTlsFailed', 'the certificate has expired'],
};

const tlsCode = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|EPROTO)/;

function networkFailure({ code = '' }: Failure): Explanation {
  const known = networkCodes[code];
  if (known) return known;
  if (tlsCode.test(code)) return ['TargetTlsFailed', `the certificate does not lead to a CA of target.tls (${code})`];
  return ['TargetFailed', `the connection failed (${code || 'no code'})`];
}
