import type { ChosenKind } from '../../core/kind.ts';
import { refuseSame, refuseStranger } from '../shared/database-user/alternation.ts';
import { type Credential, parseCredential, proposeValue } from './credential.ts';
import { mysql } from './facts.ts';
import { install } from './install.ts';
import { lastUse } from './last-use.ts';
import { lockUser, unlockUser } from './lock.ts';
import { proveRefused } from './prove.ts';
import type { Target } from './schema.ts';
import { verify } from './verify.ts';

/** MySQL and MariaDB with alternating users: see README.md beside this file. */
export function createKind(): ChosenKind<Target, Credential> {
  return {
    facts: mysql,
    origin: 'chosen',
    parse: parseCredential,
    identify: ({ username }) => username,
    propose: proposeValue,
    install: (context, { pending }) => install(context, pending),
    verify,
    lastUse: (context, { username }) => lastUse(context, username),
    async disable(context, { retire, keep }) {
      refuseSame(retire, keep);
      await lockUser(context, retire.username);
    },
    enable: (context, { username }) => unlockUser(context, username),
    proveRefused,
    // Views, routines, triggers and events name users as their definers: nothing to drop.
    destroy: async () => undefined,
    async discard(context, identity) {
      refuseStranger(context.target.user, identity);
      await lockUser(context, identity);
    },
  };
}
