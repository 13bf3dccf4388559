import * as z from 'zod/mini';
import type { LastUse } from '../../../core/kind.ts';
import { unknownOnError } from '../../shared/database-user/last-use.ts';
import type { Context } from '../doors.ts';
import { atConsole, poolerName } from './doors.ts';
import type { Pooler } from './schema.ts';

const Clients = z.array(z.object({ user: z.string(), application_name: z.optional(z.string()) }));
const Servers = z.array(
  z.object({
    user: z.string(),
    addr: z.string(),
    port: z.coerce.number(),
    link: z.nullish(z.string()),
    remote_pid: z.coerce.number(),
  }),
);

/** Clients of the pooler that are logged in as the user, whether they have a server connection just now or not. */
export function usedThrough(context: Context, user: string, pooler: Pooler): Promise<LastUse> {
  return unknownOnError(async () => {
    const rows = await atConsole(context, pooler, (session) => session.rows('SHOW CLIENTS', []));
    const clients = Clients.parse(rows).filter((client) => client.user === user);
    if (clients.length === 0) return { state: 'unused' };
    const names = Map.groupBy(clients, (client) => client.application_name || 'no application name');
    const list = [...names].map(([name, those]) => `${those.length} × ${name}`).join(', ');
    return { state: 'used', detail: `clients of "${user}" at the ${poolerName(pooler)}: ${list}` };
  });
}

/** A server connection of a pooler: where it leads, and its backend there. */
export interface Backend {
  addr: string;
  port: number;
  pid: number;
}

/**
 * Backends that a pooler keeps logged in as the user with no client behind them: they say nothing of use. Of a pooler that
 * cannot be asked none is known, and `usedThrough` says so.
 */
export async function idleBackends(context: Context, user: string): Promise<Backend[]> {
  const idle: Backend[] = [];
  for (const pooler of context.target.poolers) {
    await unknownOnError(async () => {
      const rows = await atConsole(context, pooler, (session) => session.rows('SHOW SERVERS', []));
      const unlinked = Servers.parse(rows).filter((server) => server.user === user && !server.link);
      idle.push(...unlinked.map(({ addr, port, remote_pid: pid }) => ({ addr, port, pid })));
      return { state: 'unused' };
    });
  }
  return idle;
}
