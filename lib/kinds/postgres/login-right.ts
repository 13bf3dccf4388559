import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { cloneOf } from '../shared/database-user/alternation.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { eventually } from '../shared/wait.ts';
import type { Session } from './client.ts';
import { asAdmin, type Context } from './doors.ts';
import { identifier } from './quote.ts';
import { awaitReplay, awaitReplicas, writtenTo } from './replicas.ts';
import { requireRights } from './rights.ts';
import { gather } from './state.ts';

/** A backend ends at its next safe point; one that takes longer than this hangs. */
const goneMs = 15_000;

/**
 * NOLOGIN first, then the sessions: the other way round they would come back. On a replica the sessions end once it has
 * replayed the NOLOGIN. The role stays, it may own everything. No error if it is disabled already or absent.
 */
export async function disableLogin(context: Context, user: string): Promise<void> {
  const [writer] = endpointsOf(context.target);
  const position = await asAdmin(context, writer, async (session) => {
    const canLogin = await mayLogIn(session, context, user);
    if (canLogin) await session.run(SecretValue.of(`ALTER ROLE ${identifier(user)} WITH NOLOGIN`));
    if (canLogin !== undefined) await endSessions(session, context, user, nameOf(writer));
    return writtenTo(session, context);
  });
  for (const replica of context.target.replicas) {
    await asAdmin(context, replica, async (session) => {
      if (position !== undefined) await awaitReplay(session, context, replica, position);
      await endSessions(session, context, user, nameOf(replica));
    });
  }
}

/** The password is what it was. No error if it may log in already. */
export async function enableLogin(context: Context, user: string): Promise<void> {
  const [writer] = endpointsOf(context.target);
  const position = await asAdmin(context, writer, async (session) => {
    const canLogin = await mayLogIn(session, context, user);
    if (canLogin === undefined) {
      throw new KeyturnError(
        'TargetFailed',
        `the role "${user}" is gone from ${nameOf(writer)}: it cannot be enabled again`,
      );
    }
    if (!canLogin) await session.run(SecretValue.of(`ALTER ROLE ${identifier(user)} WITH LOGIN`));
    return writtenTo(session, context);
  });
  await awaitReplicas(context, position);
}

/** Undefined: there is no such role. @throws AdminPrivilegeMissing before anything is changed. */
async function mayLogIn(session: Session, { target }: Context, user: string): Promise<boolean | undefined> {
  const [writer] = endpointsOf(target);
  const state = await gather(session, target.user, cloneOf(target.user));
  requireRights(state, nameOf(writer));
  return (user === target.user ? state.base : state.clone)?.canLogin;
}

async function endSessions(session: Session, context: Context, user: string, endpoint: string): Promise<void> {
  const statement = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1::text';
  // A login that passed the check just before the NOLOGIN may not be listed yet: none must be seen twice in a row.
  let unseen = 0;
  const gone = await eventually(context, goneMs, async () => {
    const ended = await session.rows(statement, [user]);
    unseen = ended.length === 0 ? unseen + 1 : 0;
    return unseen >= 2;
  });
  if (!gone) {
    throw new KeyturnError(
      'TargetTimeout',
      `sessions of "${user}" at ${endpoint} still run ${goneMs / 1000} s after they were told to end`,
    );
  }
}
