import { type Endpoint, endpointsOf, nameOf } from '../../shared/database-user/target.ts';
import { apply } from '../apply.ts';
import { prepareChanges, type Session } from '../client.ts';
import { asAdmin, type Context } from '../doors.ts';
import { awaitReplica, fingerprint } from '../replicas.ts';
import { quotedAccount, requireRights } from '../rights.ts';
import { ownGrants } from '../state.ts';
import type { Change } from '../statements.ts';
import { takeLock } from './lock.ts';
import { type DualState, gather } from './state.ts';

/**
 * Gathers, decides and applies at the writer, one call at a time; then each replica has it too.
 * @param after what is done at each endpoint once it has the change
 * @throws AdminPrivilegeMissing before anything is changed, ReplicaLagging, and what deciding throws
 */
export async function changePasswords(
  context: Context,
  decide: (state: DualState) => Change[],
  after: (session: Session, endpoint: Endpoint) => Promise<void> = async () => undefined,
): Promise<void> {
  const { user } = context.target;
  const [writer, ...replicas] = endpointsOf(context.target);
  const print = await asAdmin(context, writer, async (session) => {
    await session.run(prepareChanges);
    await takeLock(session, user, nameOf(writer));
    const state = await gather(session, user);
    requireRights(await ownGrants(session), state, nameOf(writer));
    for (const change of decide(state)) await apply(session, change, quotedAccount(state.admin), user);
    await after(session, writer);
    return fingerprint(session, context, user);
  });
  for (const replica of replicas) {
    await asAdmin(context, replica, async (session) => {
      if (print !== undefined) await awaitReplica(session, context, replica, user, print);
      await after(session, replica);
    });
  }
}
