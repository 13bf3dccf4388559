import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { cloneOf } from '../shared/database-user/alternation.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { lackingGrants } from './changes.ts';
import type { Session } from './client.ts';
import type { Credential } from './credential.ts';
import { asAdmin, asUser, type Context } from './doors.ts';
import { readOnly } from './failure.ts';
import { gatherAccounts } from './state.ts';

const Answer = z.object({ acting: z.string(), readOnly: z.number() });

/**
 * The login acts as itself: the server may take an anonymous user for it that matches the client's host better. It is in
 * `target.database`, so it may use that.
 * @param writerAt the endpoint's name where it must be the writer
 * @throws WrongEffectiveIdentity; TargetFailed when the writer is read-only
 */
export async function assertActsAsItself(session: Session, user: string, writerAt?: string): Promise<void> {
  const [row] = await session.rows(
    'SELECT CURRENT_USER() AS acting, @@global.read_only OR @@innodb_read_only AS readOnly',
  );
  const answer = Answer.parse(row);
  const acting = answer.acting.slice(0, answer.acting.lastIndexOf('@'));
  if (acting !== user) {
    throw new KeyturnError(
      'WrongEffectiveIdentity',
      `"${user}" logs in and acts as "${answer.acting}": DROP the anonymous user that matches first`,
    );
  }
  if (writerAt !== undefined && answer.readOnly === 1) {
    throw new KeyturnError('TargetFailed', `the server at ${writerAt}: ${readOnly}`);
  }
}

/** A login at every endpoint; for the clone also that it lacks nothing that the base was granted. */
export async function verify(context: Context, credential: Credential): Promise<void> {
  const [writer, ...replicas] = endpointsOf(context.target);
  await asUser(context, credential, writer, (session) =>
    assertActsAsItself(session, credential.username, nameOf(writer)),
  );
  for (const replica of replicas) {
    await asUser(context, credential, replica, (session) => assertActsAsItself(session, credential.username));
  }
  const { user } = context.target;
  if (credential.username === cloneOf(user)) {
    await asAdmin(context, writer, (session) => assertLacksNothing(session, user));
  }
}

/** @throws PrivilegeLost with the statements that would give what is missing */
async function assertLacksNothing(session: Session, user: string): Promise<void> {
  const { base, clone, mariadb } = await gatherAccounts(session, user, cloneOf(user));
  const lacking = lackingGrants(base, clone, cloneOf(user), mariadb);
  if (lacking.length === 0) return;
  throw new KeyturnError(
    'PrivilegeLost',
    `"${cloneOf(user)}" lacks what "${user}" was granted, the next rotation would give it: ${lacking.join('; ')}`,
  );
}
