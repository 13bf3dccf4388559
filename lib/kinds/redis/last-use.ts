import { KeyturnError } from '../../core/errors.ts';
import type { LastUse } from '../../core/kind.ts';
import type { Credential } from './credential.ts';
import { asAdmin, type Context, type Node } from './doors.ts';
import { hashOf } from './identity.ts';
import { describeRefused, refusedLogins } from './refused-logins.ts';
import { type Session, sessionsBefore } from './sessions.ts';
import { accepts, gather } from './state.ts';

/**
 * Sessions that began before the promotion logged in with the old password, at whatever server they are. Servers do not
 * say which password a later one logged in with. Of a password that was removed already, refused logins are told.
 * What cannot be asked is unknown, unless another server says used.
 */
export async function lastUse(
  context: Context,
  credential: Credential,
  sinceMs: number,
  promotedAtMs: number,
): Promise<LastUse> {
  const answers: LastUse[] = [];
  for (const endpoint of context.target.nodes) {
    try {
      answers.push(
        await asAdmin(context, endpoint, (node) => usedAt(context, node, credential, sinceMs, promotedAtMs)),
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

async function usedAt(
  context: Context,
  node: Node,
  credential: Credential,
  sinceMs: number,
  promotedAtMs: number,
): Promise<LastUse> {
  const user = context.target.user;
  // A replica's link is no consumer: what it logs in with goes over when the old password is disabled.
  const sessions = (await sessionsBefore(context, node, promotedAtMs)).filter(({ replica }) => !replica);
  if (sessions.length > 0) {
    return { state: 'used', detail: `at ${node.name} "${user}" has ${describe(sessions)}` };
  }
  const { user: known } = await gather(node, user);
  if (accepts(known, hashOf(credential.password))) return { state: 'unused' };
  const refused = await refusedLogins(context, node, sinceMs);
  if (refused.length === 0) return { state: 'unused' };
  return {
    state: 'unknown',
    detail: `${node.name} refused logins of "${user}", by the old password or a wrong one: ${describeRefused(refused)}`,
  };
}

/** At most this many addresses are named. */
const named = 5;

function describe(sessions: readonly Session[]): string {
  const addresses = [...new Set(sessions.map(({ address }) => address))];
  const more = addresses.length > named ? ` and ${addresses.length - named} more` : '';
  const oldest = Math.max(...sessions.map(({ ageSeconds }) => ageSeconds));
  return `${sessions.length} sessions from before the promotion (${addresses.slice(0, named).join(', ')}${more}; the oldest ${oldest} s)`;
}
