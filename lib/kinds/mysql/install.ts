import { cloneOf } from '../shared/database-user/alternation.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { apply } from './apply.ts';
import { decideChanges } from './changes.ts';
import { prepareChanges } from './client.ts';
import type { Credential } from './credential.ts';
import { asAdmin, asUser, type Context } from './doors.ts';
import { awaitReplicas, fingerprint } from './replicas.ts';
import { quotedAccount, requireRights } from './rights.ts';
import { gatherAccounts, ownGrants } from './state.ts';
import { assertActsAsItself } from './verify.ts';

/** Gather, decide, apply; then replicas; then a login as pending, which is expected to succeed. */
export async function install(context: Context, pending: Credential): Promise<void> {
  const { target } = context;
  const [writer] = endpointsOf(target);
  const print = await asAdmin(context, writer, async (session) => {
    const state = await gatherAccounts(session, target.user, cloneOf(target.user));
    requireRights(await ownGrants(session), state, nameOf(writer));
    const changes = decideChanges(state, target, pending);
    await session.run(prepareChanges);
    for (const change of changes) await apply(session, change, quotedAccount(state.admin), pending.username);
    return fingerprint(session, context, pending.username);
  });
  await awaitReplicas(context, pending.username, print);
  await asUser(context, pending, writer, (session) => assertActsAsItself(session, pending.username, nameOf(writer)));
}
