import type { TargetWork } from '../../report/report.ts';
import type { During } from '../stand-in.ts';

interface Entry {
  atMs: number;
  connection: string;
  command: string;
  text: string;
}

/**
 * MariaDB's general log: a line has the time, to the second, only when the second is another than the line's before.
 * https://mariadb.com/kb/en/general-query-log/
 */
export function parseLog(log: string): Entry[] {
  const entries: Entry[] = [];
  let atMs = 0;
  for (const line of log.split('\n')) {
    const [, date, time, connection, command = '', text = ''] =
      /^(?:(\d{6}) +([\d:]+))?\t+ *(\d+) ([A-Z][A-Za-z ]*)\t(.*)$/.exec(line) ?? [];
    if (connection === undefined) continue;
    if (date !== undefined && time !== undefined) atMs = instantOf(date, time);
    entries.push({ atMs, connection, command, text });
  }
  return entries;
}

/** `261121`, `9:05:07`, in the machine's time zone. */
function instantOf(date: string, time: string): number {
  const [year = '', month = '', day = ''] = date.match(/../g) ?? [];
  return Date.parse(`20${year}-${month}-${day}T${time.padStart(8, '0')}`);
}

/**
 * What a rotation's four steps did at the server: the sessions of Keyturn's own user, and those of the new credential,
 * which nobody else has before the promotion. By whole seconds, as the log has them.
 */
export function countWork(
  log: string,
  { fromMs, toMs }: During,
  admin: string,
  newValue: string | undefined,
): TargetWork {
  const { username } = JSON.parse(newValue ?? '{}') as { username?: string };
  const users = [admin, ...(username === undefined ? [] : [username])];
  const inside = parseLog(log).filter(({ atMs }) => atMs >= Math.floor(fromMs / 1000) * 1000 && atMs <= toMs);
  const connects = inside.filter(({ command }) => command === 'Connect');
  const isDenied = (text: string) => text.startsWith('Access denied');
  const ours = new Set(
    connects
      .filter(({ text }) => !isDenied(text) && users.some((user) => text.startsWith(`${user}@`)))
      .map(({ connection }) => connection),
  );
  return {
    failedLogins: connects.filter(({ text }) => isDenied(text) && users.some((user) => text.includes(`'${user}'@`)))
      .length,
    connections: ours.size,
    requests: inside.filter(({ connection, command }) => ours.has(connection) && command === 'Query').length,
  };
}
