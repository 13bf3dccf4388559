import type { Reply } from '../../net/redis/reply.ts';
import { pairsOf, textOf } from '../../net/redis/session.ts';
import type { Node } from '../shared/redis-user/doors.ts';
import type { Context } from '../shared/redis-user/place.ts';
import { parseSessions } from '../shared/redis-user/sessions.ts';

/** Refused logins of one user from one client. */
export interface RefusedLogin {
  times: number;
  latestSecondsAgo: number;
  /** Host only. */
  address: string;
}

/**
 * What ACL LOG still has of logins of the user that were refused since an instant. It holds 128 entries by default and
 * forgets at a restart. https://redis.io/docs/latest/commands/acl-log/
 */
export async function refusedLogins({ clock, target }: Context, node: Node, sinceMs: number): Promise<RefusedLogin[]> {
  const askedAtMs = clock.nowMs();
  const log = await node.session.call('ACL', 'LOG', '1000');
  const entries = Array.isArray(log) ? log.map((entry: Reply) => pairsOf(entry)) : [];
  return entries
    .filter((entry) => entry.get('reason') === 'auth' && entry.get('username') === target.user)
    .map((entry) => ({
      times: Number(entry.get('count')),
      latestSecondsAgo: Math.round(Number(entry.get('age-seconds'))),
      ageMs: Number(entry.get('age-seconds')) * 1000,
      address: parseSessions(textOf(entry.get('client-info') ?? ''))[0]?.address ?? '',
    }))
    .filter(({ ageMs }) => askedAtMs - ageMs >= sinceMs)
    .map(({ times, latestSecondsAgo, address }) => ({ times, latestSecondsAgo, address }));
}

export function describeRefused(logins: readonly RefusedLogin[]): string {
  return logins
    .map(({ times, latestSecondsAgo, address }) => `${times} from ${address} (latest ${latestSecondsAgo} s ago)`)
    .join(', ');
}
