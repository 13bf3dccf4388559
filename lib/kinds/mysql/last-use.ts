import type { LastUse } from '../../core/kind.ts';
import { unknownOnError, usedAnywhere } from '../shared/database-user/last-use.ts';
import { type Endpoint, endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { asAdmin, type Context } from './doors.ts';
import { allPrivileges } from './grants.ts';
import { type OpenSession, sessionsOf } from './sessions.ts';
import { ownGrants } from './state.ts';

/** Which of a user's sessions are a use. */
interface Uses {
  counts(open: OpenSession[], askedAtMs: number): OpenSession[];
  /** In words, after `sessions of "app"`. */
  which: string;
}

const all: Uses = { counts: (open) => open, which: '' };

/** Sessions that are open now, at every endpoint. What cannot be asked is unknown, unless another endpoint says used. */
export async function lastUse(context: Context, user: string, uses: Uses = all): Promise<LastUse> {
  const answers: LastUse[] = [];
  for (const endpoint of endpointsOf(context.target)) answers.push(await usedAt(context, user, endpoint, uses));
  return usedAnywhere(answers);
}

function usedAt(context: Context, user: string, endpoint: Endpoint, { counts, which }: Uses): Promise<LastUse> {
  return unknownOnError(() =>
    asAdmin(context, endpoint, async (session): Promise<LastUse> => {
      const own = (await ownGrants(session)).on.get('*.*');
      if (!own?.has('PROCESS') && !own?.has(allPrivileges)) {
        return { state: 'unknown', detail: `AdminPrivilegeMissing: the admin lacks PROCESS at ${nameOf(endpoint)}` };
      }
      const askedAtMs = context.clock.nowMs();
      const open = counts(await sessionsOf(session, user), askedAtMs);
      if (open.length === 0) return { state: 'unused' };
      const clients = Map.groupBy(open, ({ client }) => client);
      const list = [...clients].map(([client, sessions]) => `${sessions.length} × ${client}`).join(', ');
      return { state: 'used', detail: `sessions of "${user}"${which} at ${nameOf(endpoint)}: ${list}` };
    }),
  );
}
