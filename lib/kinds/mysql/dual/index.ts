import { KeyturnError } from '../../../core/errors.ts';
import { newPassword } from '../../../core/password.ts';
import { endpointsOf, nameOf } from '../../shared/database-user/target.ts';
import { type Credential, identityOf } from '../credential.ts';
import { asUser, type Context } from '../doors.ts';
import { lastUse } from '../last-use.ts';
import { proveRefused } from '../prove.ts';
import { endSessions } from '../sessions.ts';
import type { Verbs } from '../verbs.ts';
import { assertActsAsItself, verify } from '../verify.ts';
import { changePasswords } from './change.ts';
import { decideAddition, decideRemoval, decideReplacement } from './changes.ts';
import { begunBefore, condemning } from './sessions.ts';

/** One user with two passwords during the overlap: see ../README.md. */
export const dualPasswords: Verbs = {
  /** Idempotent: what a server stores is told from the password without a login, so none is expected to fail. */
  async install(context, { pending, current }) {
    await add(context, pending, current);
    const [writer] = endpointsOf(context.target);
    await asUser(context, pending, writer, (session) => assertActsAsItself(session, pending.username, nameOf(writer)));
  },
  verify,
  lastUse: (context, { username }, sinceMs, promotedAtMs = sinceMs) =>
    lastUse(context, username, {
      which: ' from before the promotion',
      counts: (open, askedAtMs) => begunBefore(open, promotedAtMs, askedAtMs),
    }),
  async disable(context, { retire, keep, promotedAtMs }) {
    if (retire.password.equals(keep.password)) {
      throw new KeyturnError('CurrentMoved', `"${keep.username}" is to keep the very password that is to be retired`);
    }
    await changePasswords(
      context,
      (state) => decideRemoval(state, context.target, { leaves: retire.password, stays: keep.password }),
      (session, endpoint) => endSessions(session, context, retire.username, nameOf(endpoint), condemning(promotedAtMs)),
    );
  },
  async enable(context, credential, keep) {
    // Without it the password would be the only one.
    if (keep === undefined) {
      throw new KeyturnError(
        'InvalidInput',
        `a password of "${credential.username}" comes back beside the one that stays`,
      );
    }
    await add(context, credential, keep);
  },
  proveRefused: (context, versions) =>
    proveRefused(context, versions, `the old password of "${versions.retire.username}"`),
  async discard(context, identity, known) {
    if (known === undefined || !identity.startsWith(`${context.target.user}#`)) {
      throw new KeyturnError(
        'InvalidInput',
        `"${identity}" is not a password of "${context.target.user}" that can be discarded`,
      );
    }
    const { abandoned, current } = known;
    if (identity !== identityOf(abandoned)) return;
    const leaves = abandoned.password;
    await changePasswords(context, (state) =>
      current === undefined
        ? decideReplacement(state, { leaves, instead: newPassword() })
        : decideRemoval(state, context.target, { leaves, stays: current.password }),
    );
  },
};

function add(context: Context, joins: Credential, stays: Credential | undefined): Promise<void> {
  return changePasswords(context, (state) =>
    decideAddition(state, context.target, { joins: joins.password, stays: stays?.password }),
  );
}
