import type { LastUse } from '../../core/kind.ts';
import { unknownOnError, usedAnywhere } from '../shared/database-user/last-use.ts';
import { type Endpoint, endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { asAdmin, type Context } from './doors.ts';
import { allPrivileges } from './grants.ts';
import { sessionsOf } from './sessions.ts';
import { ownGrants } from './state.ts';

/** Sessions that are open now, at every endpoint. What cannot be asked is unknown, unless another endpoint says used. */
export async function lastUse(context: Context, user: string): Promise<LastUse> {
  const answers: LastUse[] = [];
  for (const endpoint of endpointsOf(context.target)) answers.push(await usedAt(context, user, endpoint));
  return usedAnywhere(answers);
}

function usedAt(context: Context, user: string, endpoint: Endpoint): Promise<LastUse> {
  return unknownOnError(() =>
    asAdmin(context, endpoint, async (session): Promise<LastUse> => {
      const own = (await ownGrants(session)).on.get('*.*');
      if (!own?.has('PROCESS') && !own?.has(allPrivileges)) {
        return { state: 'unknown', detail: `AdminPrivilegeMissing: the admin lacks PROCESS at ${nameOf(endpoint)}` };
      }
      const open = await sessionsOf(session, user);
      if (open.length === 0) return { state: 'unused' };
      const clients = Map.groupBy(open, ({ client }) => client);
      const list = [...clients].map(([client, sessions]) => `${sessions.length} × ${client}`).join(', ');
      return { state: 'used', detail: `sessions of "${user}" at ${nameOf(endpoint)}: ${list}` };
    }),
  );
}
