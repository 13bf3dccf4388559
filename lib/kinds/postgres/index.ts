import type { ChosenKind } from '../../core/kind.ts';
import { refuseSame, refuseStranger } from '../shared/database-user/alternation.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { type Credential, parseCredential, proposeValue } from './credential.ts';
import { asUser } from './doors.ts';
import { postgres } from './facts.ts';
import { install } from './install.ts';
import { lastUse } from './last-use.ts';
import { disableLogin, enableLogin } from './login-right.ts';
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
    },
    lastUse: (context, { username }) => lastUse(context, username),
    async disable(context, { retire, keep }) {
      refuseSame(retire, keep);
      await disableLogin(context, retire.username);
    },
    enable: (context, { username }) => enableLogin(context, username),
    proveRefused,
    // The base role owns the objects, and the other login is a member of it: nothing to delete.
    destroy: async () => undefined,
    async discard(context, identity) {
      refuseStranger(context.target.user, identity);
      await disableLogin(context, identity);
    },
  };
}
