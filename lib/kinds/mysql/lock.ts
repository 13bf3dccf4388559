import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { cloneOf } from '../shared/database-user/alternation.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { prepareChanges, type Session } from './client.ts';
import { asAdmin, type Context } from './doors.ts';
import { accountName } from './quote.ts';
import { awaitReplica, awaitReplicas, fingerprint } from './replicas.ts';
import { requireRights } from './rights.ts';
import { endSessions } from './sessions.ts';
import { type Account, gatherAccounts, ownGrants, type State } from './state.ts';

/**
 * ACCOUNT LOCK for every host of the user first, then its sessions: the other way round they would come back. At a
 * replica the sessions end once it has the lock. The user stays: routines and views may name it as their definer. No
 * error if it is locked already or absent.
 */
export async function lockUser(context: Context, user: string): Promise<void> {
  const [writer] = endpointsOf(context.target);
  const print = await asAdmin(context, writer, async (session) => {
    const { accounts } = await stateOf(session, context, user);
    await alter(
      session,
      accounts.filter(({ locked }) => !locked),
      'LOCK',
    );
    if (accounts.length > 0) await endSessions(session, context, user, nameOf(writer));
    return fingerprint(session, context, user);
  });
  for (const replica of context.target.replicas) {
    await asAdmin(context, replica, async (session) => {
      if (print !== undefined) await awaitReplica(session, context, replica, user, print);
      await endSessions(session, context, user, nameOf(replica));
    });
  }
}

/** The password is what it was. No error if it is unlocked already. A clone is unlocked where the base has an account. */
export async function unlockUser(context: Context, user: string): Promise<void> {
  const [writer] = endpointsOf(context.target);
  const print = await asAdmin(context, writer, async (session) => {
    const { accounts, state } = await stateOf(session, context, user);
    if (accounts.length === 0) {
      throw new KeyturnError(
        'TargetFailed',
        `the user "${user}" is gone from ${nameOf(writer)}: it cannot be enabled again`,
      );
    }
    const hosts = state.base.map(({ host }) => host);
    await alter(
      session,
      accounts.filter(({ locked, host }) => locked && hosts.includes(host)),
      'UNLOCK',
    );
    return fingerprint(session, context, user);
  });
  await awaitReplicas(context, user, print);
}

/** @throws AdminPrivilegeMissing before anything is changed */
async function stateOf(
  session: Session,
  { target }: Context,
  user: string,
): Promise<{ accounts: Account[]; state: State }> {
  const state = await gatherAccounts(session, target.user, cloneOf(target.user));
  const [writer] = endpointsOf(target);
  requireRights(await ownGrants(session), state, nameOf(writer));
  return { accounts: user === target.user ? state.base : state.clone, state };
}

async function alter(session: Session, accounts: readonly Account[], verb: 'LOCK' | 'UNLOCK'): Promise<void> {
  if (accounts.length === 0) return;
  await session.run(prepareChanges);
  await session.run(SecretValue.of(`ALTER USER ${accounts.map(accountName).join(', ')} ACCOUNT ${verb}`));
}
