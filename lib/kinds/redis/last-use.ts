import type { LastUse } from '../../core/kind.ts';
import type { Credential } from '../shared/redis-user/credential.ts';
import type { Node } from '../shared/redis-user/doors.ts';
import { hashOf } from '../shared/redis-user/identity.ts';
import { lastUseBySessions } from '../shared/redis-user/last-use.ts';
import type { Context } from '../shared/redis-user/place.ts';
import { remedy } from './admin.ts';
import { describeRefused, refusedLogins } from './refused-logins.ts';
import { accepts, userAt } from './state.ts';

/** By sessions, see `lastUseBySessions`. Of a password that was removed already, refused logins are told. */
export function lastUse(
  context: Context,
  credential: Credential,
  sinceMs: number,
  promotedAtMs: number,
): Promise<LastUse> {
  return lastUseBySessions(context, remedy, promotedAtMs, (node) => refusedAt(context, node, credential, sinceMs));
}

async function refusedAt(context: Context, node: Node, credential: Credential, sinceMs: number): Promise<LastUse> {
  const { user } = context.target;
  if (accepts(await userAt(node, user), hashOf(credential.password))) return { state: 'unused' };
  const refused = await refusedLogins(context, node, sinceMs);
  if (refused.length === 0) return { state: 'unused' };
  return {
    state: 'unknown',
    detail: `${node.name} refused logins of "${user}", by the old password or a wrong one: ${describeRefused(refused)}`,
  };
}
