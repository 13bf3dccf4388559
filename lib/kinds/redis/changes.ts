import { KeyturnError } from '../../core/errors.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import type { Login } from '../shared/redis-user/credential.ts';
import { unfit } from '../shared/redis-user/deployment.ts';
import { hashOf } from '../shared/redis-user/identity.ts';
import { requireDurable } from './fitness.ts';
import { accepts, type NodeState } from './state.ts';

export type Command = readonly (string | SecretValue)[];

/** Run again whatever is there already: an earlier attempt may have died before it saved. */
const save: Command = ['ACL', 'SAVE'];
const rewrite: Command = ['CONFIG', 'REWRITE'];

/**
 * What makes one server accept a password beside those that it accepts. Idempotent. Pure.
 * @throws TargetUnfit when the user is not there, is off or accepts every password, or when a restart would lose it
 */
export function decideAddition(state: NodeState, user: string, hash: SecretValue): Command[] {
  requireDurable(state);
  if (state.user === undefined) {
    throw unfit(state.name, `there is no user "${user}"; make it at every server: ACL SETUSER ${user} on …`);
  }
  const { flags } = state.user;
  if (flags.includes('off')) throw unfit(state.name, `the user "${user}" is off: ACL SETUSER ${user} on`);
  if (flags.includes('nopass')) {
    // A first password would end `nopass`, and with it everybody who logs in without.
    throw unfit(
      state.name,
      `the user "${user}" accepts every password (nopass); give it one, and put it into the secret`,
    );
  }
  return [['ACL', 'SETUSER', user, hash.map((text) => `#${text}`)], state.aclFile ? save : rewrite];
}

/**
 * What makes one server refuse a password and keep the others. The two other places in which a server can hold a
 * password of the user, `masterauth` and `requirepass`, go over to the kept one first. Idempotent. Pure.
 * @param keep undefined: nothing is known of another password (an abandoned one is discarded)
 * @throws TargetUnfit when a restart would bring the password back, or `keep` is not accepted here
 */
export function decideRemoval(state: NodeState, user: string, hash: SecretValue, keep: Login | undefined): Command[] {
  requireDurable(state);
  if (state.user === undefined) return [];
  if (keep !== undefined && !accepts(state.user, hashOf(keep.password))) {
    throw unfit(state.name, `it does not know the password that "${user}" is to keep; nothing was removed`);
  }
  const copies = keep === undefined ? [] : decideCopies(state, user, hash, keep);
  const removal: Command[] = accepts(state.user, hash)
    ? [['ACL', 'SETUSER', user, hash.map((text) => `!${text}`)]]
    : [];
  return [
    ...copies,
    ...removal,
    ...(state.aclFile ? [save] : []),
    ...(copies.length > 0 || !state.aclFile ? [rewrite] : []),
  ];
}

function decideCopies(state: NodeState, user: string, hash: SecretValue, keep: Login): Command[] {
  const { primaryLogin, requirePass, configFile } = state;
  const commands: Command[] = [];
  if (primaryLogin.user === user && primaryLogin.hash?.equals(hash)) {
    if (!configFile) {
      throw new KeyturnError(
        'TargetUnfit',
        `Redis at ${state.name}: it replicates as "${user}" by a masterauth that is not in a configuration file, so a restart would break it: use a file, or a user of its own for replication`,
      );
    }
    commands.push(['CONFIG', 'SET', 'masterauth', keep.password]);
  }
  // At a restart the user's own record wins over requirepass; without a file it could not be kept anyway.
  if (user === 'default' && configFile && requirePass?.equals(hash)) {
    const others = state.user?.hashes.filter((one) => !one.equals(hash)) ?? [];
    commands.push(
      ['MULTI'],
      // Leaves the user `default` this password alone (acl.c, ACLUpdateDefaultUserPassword) …
      ['CONFIG', 'SET', 'requirepass', keep.password],
      // … and this brings the others back, in the same instant.
      ['ACL', 'SETUSER', user, ...others.map((one) => one.map((text) => `#${text}`))],
      ['EXEC'],
    );
  }
  return commands;
}
