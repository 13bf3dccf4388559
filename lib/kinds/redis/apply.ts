import { failureCodeOf } from '../../net/redis/failure.ts';
import { type Node, onEveryNode } from '../shared/redis-user/doors.ts';
import type { Context } from '../shared/redis-user/place.ts';
import { remedy } from './admin.ts';
import type { Command } from './changes.ts';
import { requireWhole } from './fitness.ts';
import { gather, type NodeState } from './state.ts';

/**
 * Gather at every server, decide for every server, and only then change any.
 * @param afterwards at every server, once all are changed
 */
export function changeEverywhere(
  context: Context,
  decide: (state: NodeState) => Command[],
  afterwards: (node: Node) => Promise<void> = async () => undefined,
): Promise<void> {
  return onEveryNode(context, remedy, async (nodes) => {
    const gathered = await Promise.all(
      nodes.map(async (node) => ({ node, state: await gather(node, context.target.user) })),
    );
    requireWhole(gathered.map(({ state }) => state));
    const changes = gathered.map(({ node, state }) => ({ node, replica: state.replica, commands: decide(state) }));
    for (const { node, commands } of replicasFirst(changes)) {
      for (const command of commands) await run(node, command);
    }
    for (const node of nodes) await afterwards(node);
  });
}

/** What replicas log in with at their primary must be changed before the primary refuses it. Pure. */
export function replicasFirst<T extends { replica: boolean }>(changes: readonly T[]): T[] {
  return [...changes.filter(({ replica }) => replica), ...changes.filter(({ replica }) => !replica)];
}

async function run({ session }: Node, command: Command): Promise<void> {
  try {
    await session.call(...command);
  } catch (error) {
    // Somebody else removed it after it was looked for.
    if (failureCodeOf(error) !== 'NO_SUCH_PASSWORD') throw error;
  }
}
