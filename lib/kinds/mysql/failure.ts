import { type ErrorCode, KeyturnError } from '../../core/errors.ts';

/** What is kept of a driver's error. Its message and the statement are not: they can quote SQL and values. */
export interface Failure {
  /** The server's own error number. */
  errno: number | undefined;
  /** The code of Node's or the driver's error, where the server did not answer. */
  code: string | undefined;
  /** The server option that error 1290 names, such as `read-only`. */
  option: string | undefined;
}

/** The `cause` of this kind's errors: a failure's number or code and nothing else of it. */
export class ServerError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.errno === undefined ? `code ${failure.code}` : `ERROR ${failure.errno}`);
    this.name = 'ServerError';
    this.failure = failure;
  }
}

/** Who met the failure, and when. */
export interface Occasion {
  user: string;
  database: string | undefined;
  /** `host:port` */
  endpoint: string;
  /** Keyturn's own login, not the one under rotation. */
  admin: boolean;
  phase: 'login' | 'query';
}

type Explanation = [code: ErrorCode, what: string];

/** Puts a failure into the words of `lib/core/errors.ts`. Pure. */
export function explain(failure: Failure, occasion: Occasion): KeyturnError {
  const [code, what] =
    failure.errno === undefined ? networkFailure(failure) : serverFailure(failure.errno, failure, occasion);
  const login = `${occasion.admin ? 'the admin ' : ''}"${occasion.user}"`;
  return new KeyturnError(code, `the server at ${occasion.endpoint}, login ${login}: ${what}`, {
    cause: new ServerError(failure),
  });
}

/** The failure behind one of this kind's errors. */
export function failureOf(error: unknown): Failure | undefined {
  return error instanceof KeyturnError && error.cause instanceof ServerError ? error.cause.failure : undefined;
}

export const readOnly = 'this server is read-only: target.host must be the writer, or a failover is under way';

/** Errors that mean the same whoever meets them: https://mariadb.com/kb/en/mariadb-error-codes/, https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const anybodys: Readonly<Record<number, Explanation>> = {
  1040: ['TargetBusy', 'the server has too many connections (1040)'],
  1203: ['TargetBusy', 'the user has more than max_user_connections sessions (1203)'],
  1226: ['TargetBusy', 'the user is at one of its resource limits, MAX_USER_CONNECTIONS or one per hour (1226)'],
  1129: [
    'TargetFailed',
    'the server blocks this client after too many interrupted connections (1129): FLUSH HOSTS there, or TRUNCATE TABLE performance_schema.host_cache',
  ],
  1130: [
    'TargetFailed',
    'no user of the server may log in from here (1130): correct the hosts of its users or the network',
  ],
  3955: ['TargetFailed', 'the user is blocked for a time after failed logins (3955, PASSWORD_LOCK_TIME)'],
  4150: [
    'TargetFailed',
    'the user is blocked after too many failed logins (4150, max_password_errors): FLUSH PRIVILEGES',
  ],
  1820: ['TargetFailed', 'the password has expired (1820)'],
  1862: ['TargetFailed', 'the password has expired (1862)'],
  3159: ['TargetTlsFailed', 'the server wants TLS (3159, require_secure_transport), the inventory says plaintext'],
  1205: ['TargetTimeout', 'a statement waited too long for a lock (1205)'],
  1969: ['TargetTimeout', 'a statement took too long (1969)'],
  3024: ['TargetTimeout', 'a statement took too long (3024)'],
  1836: ['TargetFailed', readOnly],
  1792: ['TargetFailed', readOnly],
  1053: ['TargetUnreachable', 'the server is shutting down (1053)'],
  1927: ['TargetUnreachable', 'the connection was killed (1927)'],
  1317: ['TargetUnreachable', 'the statement was interrupted (1317)'],
  1251: ['TargetFailed', 'the user logs in by a method that Keyturn does not have (1251)'],
  1524: ['TargetFailed', "the user's authentication plugin is not loaded (1524)"],
};

/** The password is wrong or empty; the account is locked, in MySQL and in MariaDB. */
const refusals = new Map([
  [1045, 'the password is refused'],
  [1698, 'the password is refused'],
  [3118, 'the account is locked'],
  [4151, 'the account is locked'],
]);

/** A privilege is missing. While a statement runs 1045 and 1698 are of this sort too: MariaDB's for global grants and roles. */
export const privilegeErrors: ReadonlySet<number> = new Set([
  1044, 1045, 1095, 1142, 1143, 1227, 1370, 1410, 1698, 1873, 1959,
]);

function serverFailure(errno: number, { option }: Failure, { admin, database, phase }: Occasion): Explanation {
  const refused = refusals.get(errno);
  if (phase === 'login' && refused !== undefined) return ['AuthenticationRefused', `${refused} (${errno})`];
  if (privilegeErrors.has(errno)) {
    const where =
      phase === 'login' && database !== undefined ? ` on the database "${database}", or it does not exist` : '';
    return [admin ? 'AdminPrivilegeMissing' : 'PrivilegeLost', `it lacks a privilege${where} (${errno})`];
  }
  if (errno === 1049) return ['InvalidInput', `there is no database "${database}" (1049): correct target.database`];
  if (errno === 1290) {
    if (/read-only/.test(option ?? '')) return ['TargetFailed', `${readOnly} (1290)`];
    return ['TargetFailed', `its option --${option} forbids the statement (1290)`];
  }
  return anybodys[errno] ?? ['TargetFailed', `the server answered error ${errno}`];
}

const networkCodes: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: ['TargetUnresolved', 'the host name does not resolve'],
  EAI_AGAIN: ['TargetUnresolved', 'the host name cannot be resolved just now'],
  ECONNREFUSED: ['TargetUnreachable', 'nothing listens there'],
  EHOSTUNREACH: ['TargetUnreachable', 'there is no route to the host'],
  ENETUNREACH: ['TargetUnreachable', 'there is no route to the network'],
  ECONNRESET: ['TargetUnreachable', 'the connection was reset'],
  EPIPE: ['TargetUnreachable', 'the connection was closed'],
  PROTOCOL_CONNECTION_LOST: ['TargetUnreachable', 'the connection was closed'],
  ETIMEDOUT: ['TargetTimeout', 'no answer in time'],
  HANDSHAKE_NO_SSL_SUPPORT: [
    'TargetTlsFailed',
    'the server does not offer TLS; Keyturn does not fall back to plaintext',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'TargetTlsFailed',
    "the certificate is not for this host name: target.host must be one of the certificate's",
  ],
  CERT_HAS_EXPIRED: ['TargetTlsFailed', 'the certificate has expired'],
  AUTH_SWITCH_PLUGIN_ERROR: [
    'TargetFailed',
    'the user logs in by a plugin that Keyturn does not have: mysql_native_password, caching_sha2_password or sha256_password',
  ],
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: [
    'TargetFailed',
    'the server asks for the password in cleartext (mysql_clear_password), which Keyturn never sends',
  ],
};

const tlsCode = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|EPROTO|HANDSHAKE_SSL)/;

function networkFailure({ code = '' }: Failure): Explanation {
  const known = networkCodes[code];
  if (known) return known;
  if (tlsCode.test(code)) return ['TargetTlsFailed', `the certificate does not lead to a CA of target.tls (${code})`];
  return ['TargetFailed', `the connection failed (${code || 'no code'})`];
}
