import * as z from 'zod/mini';
import type { LastUse } from '../../core/kind.ts';
import { unknownOnError, usedAnywhere } from '../shared/database-user/last-use.ts';
import { type Endpoint, endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { asAdmin, type Context } from './doors.ts';
import { readOnly } from './failure.ts';
import { idleBackends, usedThrough } from './poolers/last-use.ts';

const Answer = z.object({
  standby: z.boolean(),
  sessions: z.array(z.object({ application: z.string(), sessions: z.int() })),
});

/** Every role sees the user and the application of every session; no more is asked for. */
const query = `
SELECT pg_is_in_recovery() AS standby, coalesce(json_agg(s ORDER BY s.sessions DESC, s.application), '[]') AS sessions
FROM (SELECT coalesce(nullif(application_name, ''), 'no application name') AS application, count(*)::int AS sessions
  FROM pg_stat_activity a
  WHERE usename = $1::text AND NOT EXISTS (
    SELECT FROM json_to_recordset($2::json) AS idle(addr text, port int, pid int)
    WHERE idle.pid = a.pid AND idle.addr = host(inet_server_addr()) AND idle.port = inet_server_port())
  GROUP BY 1) s`;

/** Sessions that are open now, at every endpoint and behind every pooler. What cannot be asked is unknown, unless another endpoint says used. */
export async function lastUse(context: Context, user: string): Promise<LastUse> {
  const answers: LastUse[] = [];
  const idle = JSON.stringify(await idleBackends(context, user));
  const [writer, ...replicas] = endpointsOf(context.target);
  answers.push(await usedAt(context, user, idle, writer, 'writer'));
  for (const replica of replicas) answers.push(await usedAt(context, user, idle, replica, 'replica'));
  for (const pooler of context.target.poolers) answers.push(await usedThrough(context, user, pooler));
  return usedAnywhere(answers);
}

function usedAt(
  context: Context,
  user: string,
  idle: string,
  endpoint: Endpoint,
  expected: 'writer' | 'replica',
): Promise<LastUse> {
  return unknownOnError(async () => {
    const [row] = await asAdmin(context, endpoint, (session) => session.rows(query, [user, idle]));
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
