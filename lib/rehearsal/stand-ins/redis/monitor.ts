import { connect } from 'node:tls';
import { operator, type RedisNode } from '../../estates/redis-server.ts';
import type { TargetWork } from '../../report/report.ts';
import type { During } from '../stand-in.ts';

/** Everything that a node was asked, as MONITOR tells it: AUTH is never among it. */
export interface Monitor {
  text(): string;
  end(): void;
}

/** https://redis.io/docs/latest/commands/monitor/ */
export async function monitor({ host, port }: RedisNode, ca: string): Promise<Monitor> {
  const socket = connect({ host, port, ca, servername: 'localhost' });
  const chunks: string[] = [];
  socket.setEncoding('utf8').on('data', (text) => chunks.push(text));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.write(`AUTH ${operator.user} ${operator.password}\r\nMONITOR\r\n`);
  return { text: () => chunks.join(''), end: () => void socket.destroy() };
}

/** What services ask. A session that asks anything else is Keyturn's. */
const ofServices = new Set(['SET', 'GET', 'PING', 'AUTH']);

/** What sessions that are no service's asked in the time. */
export function countCommands(text: string, { fromMs, toMs }: During): Omit<TargetWork, 'failedLogins'> {
  const commands = [...text.matchAll(/^\+(\d+\.\d+) \[\d+ ([^\]]+)\] "([^"]+)"/gm)]
    .map(([, seconds, session = '', command = '']) => ({ atMs: Number(seconds) * 1000, session, command }))
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const ours = new Set(
    commands.filter(({ command }) => !ofServices.has(command.toUpperCase())).map(({ session }) => session),
  );
  return { connections: ours.size, requests: commands.filter(({ session }) => ours.has(session)).length };
}

/** Refused logins of the time: https://redis.io/docs/latest/commands/acl-log/ */
export async function countRefusedLogins(nodes: readonly RedisNode[], { fromMs, toMs }: During): Promise<number> {
  let refused = 0;
  for (const node of nodes) {
    const log = await node.json<{ reason: string; count: number; 'age-seconds': string }[]>('ACL', 'LOG', '1000');
    for (const entry of log) {
      const atMs = Date.now() - Number(entry['age-seconds']) * 1000;
      if (entry.reason === 'auth' && atMs >= fromMs && atMs <= toMs) refused += entry.count;
    }
  }
  return refused;
}
