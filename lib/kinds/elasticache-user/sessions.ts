import { KeyturnError } from '../../core/errors.ts';
import type { LastUse } from '../../core/kind.ts';
import { infoOf, type Member, memberOf, requireWhole } from '../shared/redis-user/deployment.ts';
import { type Node, onEveryNode } from '../shared/redis-user/doors.ts';
import { lastUseBySessions } from '../shared/redis-user/last-use.ts';
import { endSessions } from '../shared/redis-user/sessions.ts';
import type { Context } from './passwords.ts';

/** What the admin's access string must have, and nothing of keys. */
const accessString = '+info +cluster|info +client|list +client|kill';

function remedy(admin: string): string {
  return `aws elasticache modify-user --user-id <the id of "${admin}"> --append-access-string "${accessString}"`;
}

const why = 'a session at a node that is not named would go on';

async function whole(nodes: readonly Node[]): Promise<void> {
  requireWhole(await Promise.all(nodes.map(async (node) => memberOf(node, await infoOf(node)))), why);
}

/** Logs the admin in at every node and looks whether these are all. Where nobody looks at sessions, nothing. */
export async function requireObservable(context: Context): Promise<void> {
  if (context.target.adminSecret !== undefined) await onEveryNode(context, remedy, whole);
}

/** Does the work, and then ends the sessions from before the promotion, at every node. Not one is left out unseen. */
export async function endingSessions(
  context: Context,
  promotedAtMs: number | undefined,
  work: () => Promise<void>,
): Promise<void> {
  if (context.target.adminSecret === undefined) return work();
  await onEveryNode(context, remedy, async (nodes) => {
    await whole(nodes);
    await work();
    for (const node of nodes) await endSessions(context, node, promotedAtMs);
  });
}

/** By sessions. Where nobody looks at them, the inventory has said that this may be so. */
export async function lastUse(context: Context, promotedAtMs: number): Promise<LastUse> {
  if (context.target.adminSecret === undefined) return { state: 'unused' };
  const members: Member[] = [];
  const answer = await lastUseBySessions(context, remedy, promotedAtMs, async (node) => {
    members.push(await memberOf(node, await infoOf(node)));
    return { state: 'unused' };
  });
  if (answer.state !== 'unused') return answer;
  try {
    requireWhole(members, why);
    return answer;
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    return { state: 'unknown', detail: `${error.code}: ${error.message}` };
  }
}
