import { KeyturnError } from '../../../core/errors.ts';
import type { LastUse } from '../../../core/kind.ts';
import { asAdmin, type Node, type Remedy } from './doors.ts';
import type { Context } from './place.ts';
import { type Session, sessionsBefore } from './sessions.ts';

/**
 * Sessions that began before the promotion logged in with the old password, at whatever server they are. Servers do not
 * say which password a later one logged in with. What cannot be asked is unknown, unless another server says used.
 * @param further what else a server without such sessions knows
 */
export async function lastUseBySessions(
  context: Context,
  remedy: Remedy,
  promotedAtMs: number,
  further: (node: Node) => Promise<LastUse>,
): Promise<LastUse> {
  const answers: LastUse[] = [];
  for (const endpoint of context.target.nodes) {
    try {
      answers.push(
        await asAdmin(context, endpoint, remedy, async (node) => {
          const sessions = await oldSessions(context, node, promotedAtMs);
          return sessions ?? (await further(node));
        }),
      );
    } catch (error) {
      if (!(error instanceof KeyturnError)) throw error;
      answers.push({ state: 'unknown', detail: `${error.code}: ${error.message}` });
    }
  }
  const used = answers.filter((answer) => answer.state === 'used');
  if (used.length > 0) return { state: 'used', detail: used.map(({ detail }) => detail).join('; ') };
  return answers.find((answer) => answer.state === 'unknown') ?? { state: 'unused' };
}

async function oldSessions(context: Context, node: Node, promotedAtMs: number): Promise<LastUse | undefined> {
  // A replica's link is no consumer: what it logs in with goes over when the old password is disabled.
  const sessions = (await sessionsBefore(context, node, promotedAtMs)).filter(({ replica }) => !replica);
  if (sessions.length === 0) return undefined;
  return { state: 'used', detail: `at ${node.name} "${context.target.user}" has ${describe(sessions)}` };
}

/** At most this many addresses are named. */
const named = 5;

function describe(sessions: readonly Session[]): string {
  const addresses = [...new Set(sessions.map(({ address }) => address))];
  const more = addresses.length > named ? ` and ${addresses.length - named} more` : '';
  const oldest = Math.max(...sessions.map(({ ageSeconds }) => ageSeconds));
  return `${sessions.length} sessions from before the promotion (${addresses.slice(0, named).join(', ')}${more}; the oldest ${oldest} s)`;
}
