import type { TargetWork } from '../../report/report.ts';

/** One entry of PostgreSQL's log, written with `logLinePrefix`. */
export interface LogEntry {
  atMs: number;
  pid: number;
  sqlstate: string;
  user: string;
  text: string;
}

/** Epoch milliseconds, process, SQLSTATE, user. https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LINE-PREFIX */
export const logLinePrefix = '%n|%p|%e|%u|';

/** What a log must hold for `countWork`. */
export const logSettings = {
  log_line_prefix: logLinePrefix,
  log_connections: 'on',
  log_disconnections: 'on',
  log_statement: 'all',
} as const;

/** Lines without the prefix continue the entry before: statements have line breaks. */
export function parseLog(log: string): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const line of log.split('\n')) {
    const [, seconds, pid, sqlstate = '', user = '', text = ''] =
      /^(\d+\.\d+)\|(\d+)\|([0-9A-Z]{5})\|([^|]*)\|(.*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (seconds !== undefined) {
      entries.push({ atMs: Math.round(Number(seconds) * 1000), pid: Number(pid), sqlstate, user, text });
    } else if (last) last.text += `\n${line}`;
  }
  return entries;
}

/**
 * What a rotation's four steps did at the server. Connections are Keyturn's by their application name, and the secret's by
 * the logins that they use, and the steps' by the time between the rotation's start and its end: the rollout comes to the
 * database only later, to look for use of the old credential. A failed login has no application name yet, so every one of
 * those logins is counted, whoever's. A statement is a message that the server executes; what it is sent as one transaction
 * in one message counts as one, as it costs one round trip.
 */
export function countWork(
  entries: readonly LogEntry[],
  during: { fromMs: number; toMs: number },
  users: readonly string[],
  applicationName = 'keyturn',
): TargetWork {
  const inside = entries.filter(
    ({ atMs, user }) => atMs >= during.fromMs && atMs <= during.toMs && users.includes(user),
  );
  const authorized = new RegExp(String.raw`connection authorized: .*\bapplication_name=${applicationName}\b`);
  const ours = new Set(inside.filter(({ text }) => authorized.test(text)).map(({ pid }) => pid));
  return {
    // Class 28: invalid authorization specification. https://www.postgresql.org/docs/current/errcodes-appendix.html
    failedLogins: inside.filter(({ sqlstate, text }) => sqlstate.startsWith('28') && text.startsWith('FATAL:')).length,
    connections: ours.size,
    requests: inside.filter(({ pid, text }) => ours.has(pid) && /^LOG: {2}(statement|execute [^:]*): /.test(text))
      .length,
  };
}
