import { KeyturnError } from '../../core/errors.ts';
import type { ChosenKind } from '../../core/kind.ts';
import { type Credential, parseCredential, proposeValue } from './credential.ts';
import { asUser, nameOf } from './doors.ts';
import { postgres } from './facts.ts';
import { install } from './install.ts';
import { lastUse } from './last-use.ts';
import { disableLogin, enableLogin } from './login-right.ts';
import { proveRefused } from './prove.ts';
import { endpointsOf, type Target } from './schema.ts';
import { cloneOf } from './users.ts';
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
      if (retire.username === keep.username) {
        throw new KeyturnError('CurrentMoved', `"${keep.username}" is both to be kept and to be retired`);
      }
      await disableLogin(context, retire.username);
    },
    enable: (context, { username }) => enableLogin(context, username),
    proveRefused,
    // The base role owns the objects, and the other login is a member of it: nothing to delete.
    destroy: async () => undefined,
    async discard(context, identity) {
      const base = context.target.user;
      if (identity !== base && identity !== cloneOf(base)) {
        throw new KeyturnError('InvalidInput', `"${identity}" is not a login of "${base}"`);
      }
      await disableLogin(context, identity);
    },
  };
}
