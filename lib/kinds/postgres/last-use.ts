import * as z from 'zod/mini';
import type { LastUse } from '../../core/kind.ts';
import { unknownOnError, usedAnywhere } from '../shared/database-user/last-use.ts';
import { type Endpoint, endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { asAdmin, type Context } from './doors.ts';
import { readOnly } from './failure.ts';

const Answer = z.object({
  standby: z.boolean(),
  sessions: z.array(z.object({ application: z.string(), sessions: z.int() })),
});

/** Every role sees the user and the application of every session; no more is asked for. */
const query = `
SELECT pg_is_in_recovery() AS standby, coalesce(json_agg(s ORDER BY s.sessions DESC, s.application), '[]') AS sessions
FROM (SELECT coalesce(nullif(application_name, ''), 'no application name') AS application, count(*)::int AS sessions
  FROM pg_stat_activity WHERE usename = $1::text GROUP BY 1) s`;

/** Sessions that are open now, at every endpoint. What cannot be asked is unknown, unless another endpoint says used. */
export async function lastUse(context: Context, user: string): Promise<LastUse> {
  const answers: LastUse[] = [];
  const [writer, ...replicas] = endpointsOf(context.target);
  answers.push(await usedAt(context, user, writer, 'writer'));
  for (const replica of replicas) answers.push(await usedAt(context, user, replica, 'replica'));
  return usedAnywhere(answers);
}

function usedAt(context: Context, user: string, endpoint: Endpoint, expected: 'writer' | 'replica'): Promise<LastUse> {
  return unknownOnError(async () => {
    const [row] = await asAdmin(context, endpoint, (session) => session.rows(query, [user]));
    const { standby, sessions } = Answer.parse(row);
    if (sessions.length > 0) {
      const list = sessions.map((one) => `${one.sessions} × ${one.application}`).join(', ');
      return { state: 'used', detail: `sessions of "${user}" at ${nameOf(endpoint)}: ${list}` };
    }
    // A standby does not see the writer's sessions.
    if (standby && expected === 'writer')
      return { state: 'unknown', detail: `PostgreSQL at ${nameOf(endpoint)}: ${readOnly}` };
    return { state: 'unused' };
  });
}
