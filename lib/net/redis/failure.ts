import { type ErrorCode, KeyturnError } from '../../core/errors.ts';

/** Who met a failure. */
export interface Occasion {
  user: string;
  /** `host:port` */
  endpoint: string;
  /** Given: Keyturn's own login, not the one under rotation, and what grants it a command that it lacks. */
  remedy?: string | undefined;
}

/** The `cause` of these errors: a code and nothing else of what the server or Node said. */
export class RedisFailure extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`code ${code}`);
    this.name = 'RedisFailure';
    this.code = code;
  }
}

/** The code behind one of these errors. */
export function failureCodeOf(error: unknown): string | undefined {
  return error instanceof KeyturnError && error.cause instanceof RedisFailure ? error.cause.code : undefined;
}

/** Puts a failure into the words of `lib/core/errors.ts`. Pure. */
export function explain(error: unknown, occasion: Occasion): KeyturnError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  const [named, what] = explanationOf(code, occasion);
  const login = `${occasion.remedy === undefined ? '' : 'the admin '}"${occasion.user}"`;
  return new KeyturnError(named, `Redis at ${occasion.endpoint}, login ${login}: ${what}`, {
    cause: new RedisFailure(code),
  });
}

type Explanation = readonly [code: ErrorCode, what: string];

/** The first word of a server's error, or what `reply.ts` makes of its message. */
const known: Readonly<Record<string, Explanation>> = {
  WRONGPASS: ['AuthenticationRefused', 'the user name or password is refused, or the user is off (WRONGPASS)'],
  NOAUTH: ['TargetFailed', 'the server wants another login first (NOAUTH)'],
  MAXCLIENTS: ['TargetBusy', 'the server is at its limit of clients (maxclients)'],
  BUSY: ['TargetBusy', 'the server is busy with a script (BUSY)'],
  LOADING: ['TargetUnreachable', 'the server is still loading its data (LOADING)'],
  DENIED: ['TargetFailed', 'the server is in protected mode (DENIED): it serves its own host only'],
  NO_ACL_USERS: ['TargetUnfit', 'it knows no ACL users: Redis 6 or later is needed'],
  UNKNOWN_COMMAND: ['TargetUnfit', 'it lacks a command that is needed: renamed, or withheld by a managed service'],
  NO_CONFIG_FILE: [
    'TargetUnfit',
    'it was started without a configuration file, so a change would not outlive a restart',
  ],
  CONFIG_NOT_WRITTEN: [
    'TargetFailed',
    'it cannot write its configuration file, so a restart would bring the old passwords back: let its account write the file and its folder',
  ],
  ACL_NOT_SAVED: [
    'TargetFailed',
    'it cannot write its ACL file, so a restart would bring the old passwords back: let its account write the file and its folder',
  ],
  ENOTFOUND: ['TargetUnresolved', 'the host name does not resolve'],
  EAI_AGAIN: ['TargetUnresolved', 'the host name cannot be resolved just now'],
  ECONNREFUSED: ['TargetUnreachable', 'nothing listens there'],
  EHOSTUNREACH: ['TargetUnreachable', 'there is no route to the host'],
  ENETUNREACH: ['TargetUnreachable', 'there is no route to the network'],
  ECONNRESET: ['TargetUnreachable', 'the connection was reset'],
  EPIPE: ['TargetUnreachable', 'the connection was closed'],
  CLOSED: ['TargetUnreachable', 'the connection was closed'],
  ETIMEDOUT: ['TargetTimeout', 'no answer in time'],
  TLS_TIMEOUT: [
    'TargetTimeout',
    'it does not answer to TLS in time: does it offer TLS there? Keyturn does not fall back to plaintext',
  ],
  NO_REDIS: ['TargetFailed', 'what answers there is no Redis server'],
  REPLY_TOO_LONG: ['TargetFailed', 'an answer was longer than is read'],
  EPROTO: ['TargetTlsFailed', 'the server does not offer TLS there; Keyturn does not fall back to plaintext'],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'TargetTlsFailed',
    'the server does not offer TLS there; Keyturn does not fall back to plaintext',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'TargetTlsFailed',
    "the certificate is not for this host name: the inventory must name one of the certificate's",
  ],
  CERT_HAS_EXPIRED: ['TargetTlsFailed', 'the certificate has expired'],
};

const tlsCode = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA)/;

function explanationOf(code: string, { remedy }: Occasion): Explanation {
  const one = known[code];
  if (one !== undefined) return one;
  if (code === 'NOPERM') {
    return remedy === undefined
      ? ['PrivilegeLost', 'it lacks a command (NOPERM)']
      : ['AdminPrivilegeMissing', `it lacks a command (NOPERM): ${remedy}`];
  }
  if (tlsCode.test(code)) return ['TargetTlsFailed', `the certificate does not lead to a CA of target.tls (${code})`];
  return ['TargetFailed', `it failed (${code})`];
}
