import { KeyturnError } from '../../core/errors.ts';
import { type Endpoint, nameOf } from '../shared/database-user/target.ts';
import { eventually } from '../shared/wait.ts';
import type { Session } from './client.ts';
import { asAdmin, type Context } from './doors.ts';
import { failureOf } from './failure.ts';

/** Streaming replicas are normally behind by milliseconds; longer than this somebody should look. */
const replayMs = 30_000;

/** How far the writer has written; undefined where there are no replicas, or the server keeps no such position. */
export async function writtenTo(session: Session, { target }: Context): Promise<string | undefined> {
  if (target.replicas.length === 0) return undefined;
  const [row] = await positions(session, 'SELECT pg_current_wal_lsn()::text AS position', []);
  return row === undefined ? undefined : String(row['position']);
}

/**
 * Waits until the replica has replayed up to the position, so that a login there meets the roles as they are now.
 * What is no streaming replica has the roles at once (Aurora's readers share the writer's storage) and is not waited for.
 * @throws ReplicaLagging
 */
export async function awaitReplay(
  session: Session,
  context: Context,
  replica: Endpoint,
  position: string,
): Promise<void> {
  const statement = 'SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() < $1::text::pg_lsn AS behind';
  const caughtUp = await eventually(context, replayMs, async () => {
    const [row] = await positions(session, statement, [position]);
    return row?.['behind'] !== true;
  });
  if (!caughtUp) {
    throw new KeyturnError(
      'ReplicaLagging',
      `the replica ${nameOf(replica)} has not replayed the change after ${replayMs / 1000} s: look at its replication, or whether its replay is paused`,
    );
  }
}

/** Each replica has replayed what the writer had written at `position`. @throws ReplicaLagging */
export async function awaitReplicas(context: Context, position: string | undefined): Promise<void> {
  if (position === undefined) return;
  await Promise.all(
    context.target.replicas.map((replica) =>
      asAdmin(context, replica, (session) => awaitReplay(session, context, replica, position)),
    ),
  );
}

/** Aurora answers 0A000 (not supported) or 55000 (wrong state) to functions on WAL positions: no row then. */
async function positions(session: Session, statement: string, values: string[]): Promise<Record<string, unknown>[]> {
  try {
    return await session.rows(statement, values);
  } catch (error) {
    if (['0A000', '55000'].includes(failureOf(error)?.code ?? '')) return [];
    throw error;
  }
}
