import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import type { LastUse } from '../../core/kind.ts';
import { asAdmin, type Context, nameOf } from './doors.ts';
import { type Endpoint, endpointsOf } from './schema.ts';

const Sessions = z.array(z.object({ application: z.string(), sessions: z.int() }));

/** Every role sees the user and the application of every session; no more is asked for. */
const query = `
SELECT coalesce(nullif(application_name, ''), 'no application name') AS application, count(*)::int AS sessions
FROM pg_stat_activity WHERE usename = $1::text GROUP BY 1 ORDER BY 2 DESC, 1`;

/** Sessions that are open now, at every endpoint. What cannot be asked is unknown, unless another endpoint says used. */
export async function lastUse(context: Context, user: string): Promise<LastUse> {
  const answers: LastUse[] = [];
  for (const endpoint of endpointsOf(context.target)) answers.push(await usedAt(context, user, endpoint));
  const used = answers.filter((answer) => answer.state === 'used');
  if (used.length > 0) return { state: 'used', detail: used.map(({ detail }) => detail).join('; ') };
  return answers.find((answer) => answer.state === 'unknown') ?? { state: 'unused' };
}

async function usedAt(context: Context, user: string, endpoint: Endpoint): Promise<LastUse> {
  try {
    const rows = await asAdmin(context, endpoint, (session) => session.rows(query, [user]));
    const sessions = Sessions.parse(rows);
    if (sessions.length === 0) return { state: 'unused' };
    const list = sessions.map((one) => `${one.sessions} × ${one.application}`).join(', ');
    return { state: 'used', detail: `sessions of "${user}" at ${nameOf(endpoint)}: ${list}` };
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    return { state: 'unknown', detail: `${error.code}: ${error.message}` };
  }
}
