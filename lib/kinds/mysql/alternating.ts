import { refuseSame, refuseStranger } from '../shared/database-user/alternation.ts';
import { install } from './install.ts';
import { lastUse } from './last-use.ts';
import { lockUser, unlockUser } from './lock.ts';
import { proveRefused } from './prove.ts';
import type { Verbs } from './verbs.ts';
import { verify } from './verify.ts';

/** Two users in turn, with equal grants: see README.md beside this file. */
export const alternatingUsers: Verbs = {
  install: (context, { pending }) => install(context, pending),
  verify,
  lastUse: (context, { username }) => lastUse(context, username),
  async disable(context, { retire, keep }) {
    refuseSame(retire, keep);
    await lockUser(context, retire.username);
  },
  enable: (context, { username }) => unlockUser(context, username),
  proveRefused: (context, versions) => proveRefused(context, versions, `"${versions.retire.username}"`),
  async discard(context, identity) {
    refuseStranger(context.target.user, identity);
    await lockUser(context, identity);
  },
};
