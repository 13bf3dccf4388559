import type { ChosenKind } from '../../core/kind.ts';
import { refuseSame, refuseStranger } from '../shared/database-user/alternation.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { type Credential, parseCredential, proposeValue } from './credential.ts';
import { asUser, type Context } from './doors.ts';
import { postgres } from './facts.ts';
import { install } from './install.ts';
import { lastUse } from './last-use.ts';
import { disableLogin, enableLogin } from './login-right.ts';
import { forget, remember, verifyThroughPoolers } from './poolers/users.ts';
import { proveRefused } from './prove.ts';
import type { Target } from './schema.ts';
import { assertActsAsBase } from './verify.ts';

/** PostgreSQL with alternating users: see README.md beside this file. */
export function createKind(): ChosenKind<Target, Credential> {
  return {
    facts: postgres,
    origin: 'chosen',
    parse: parseCredential,
    identify: ({ username }) => username,
    propose: proposeValue,
    install: (context, { pending }) => install(context, pending),
    async verify(context, credential) {
      const { target } = context;
      for (const [at, endpoint] of endpointsOf(target).entries()) {
        const writerAt = at === 0 ? nameOf(endpoint) : undefined;
        await asUser(context, credential, endpoint, (session) =>
          assertActsAsBase(session, target.user, credential.username, writerAt),
        );
      }
      await verifyThroughPoolers(context, credential);
    },
    lastUse: (context, { username }) => lastUse(context, username),
    async disable(context, { retire, keep }) {
      refuseSame(retire, keep);
      await disable(context, retire.username);
    },
    async enable(context, { username }) {
      await enableLogin(context, username);
      await remember(context, username);
    },
    proveRefused,
    // The base role owns the objects, and the other login is a member of it: nothing to delete.
    destroy: async () => undefined,
    async discard(context, identity) {
      refuseStranger(context.target.user, identity);
      await disable(context, identity);
    },
  };
}

/**
 * The poolers first: afterwards no client of theirs waits for a server connection that nobody can make any more. One that
 * cannot be told does not keep a credential alive that is to die.
 */
async function disable(context: Context, user: string): Promise<void> {
  const [told] = await Promise.allSettled([forget(context, user)]);
  await disableLogin(context, user);
  if (told.status === 'rejected') throw told.reason;
}
