import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { cloneOf } from '../shared/database-user/alternation.ts';
import type { Credential } from './credential.ts';
import { type GrantChange, grantChanges } from './difference.ts';
import { type Grants, parseGrants } from './grants.ts';
import { type HashedPlugin, isHashed } from './hash.ts';
import { optionsOf } from './options.ts';
import { accountName } from './quote.ts';
import type { Target } from './schema.ts';
import type { Account, State } from './state.ts';
import { type Change, identified, type Login, listed } from './statements.ts';

/** An account that pending is to log in with. */
interface Wanted extends Login {
  /** The base's account that it is to equal; undefined on the base's own turn. */
  like?: Account;
}

const nothing: Grants = parseGrants([]);

/**
 * Decides what makes pending log in with what the base user may do, in this order: missing accounts are made, locked;
 * options and grants follow the base's; the last statement alone sets the password and unlocks. A crash before it leaves
 * no login by the pending password, and the next run goes on from there. Pure.
 * @throws InvalidInput; PrivilegeLost when the base's turn would lose what the clone in use was granted.
 */
export function decideChanges(
  state: State,
  target: Target,
  pending: Pick<Credential, 'username' | 'password'>,
): Change[] {
  requireHosts(state.base, target);
  for (const account of state.base) requireOnePassword(account);
  const ofBase = pending.username === target.user;
  if (ofBase) refuseLoss(state, target);
  const present = ofBase ? state.base : state.clone;
  const wanted = ofBase ? wantedOfBase(state, target) : wantedOfClone(state, target);
  const withPassword = identified(state, pending.password);

  const changes: Change[] = [];
  for (const account of wanted) {
    const found = present.find(({ host }) => host === account.host);
    changes.push(...accountChanges(account, found, withPassword));
    if (account.like)
      changes.push(...grantChanges(account.like.grants, found?.grants ?? nothing, account, state.mariadb).map(ofGrant));
  }
  // The base no longer comes from there, so the clone must not either.
  const gone = present.filter(({ host, locked }) => !locked && !wanted.some((account) => account.host === host));
  if (gone.length > 0) changes.push(plain(`ALTER USER ${gone.map(accountName).join(', ')} ACCOUNT LOCK`));

  changes.push({
    statement: listed(wanted.map(withPassword)).map((text) => `ALTER USER ${text} ACCOUNT UNLOCK`),
    label: `ALTER USER ${wanted.map(accountName).join(', ')} IDENTIFIED … ACCOUNT UNLOCK`,
  });
  return changes;
}

/** What the clone lacks of the base's accounts and grants, as the statements that would give it. Pure. */
export function lackingGrants(
  wanted: readonly Account[],
  present: readonly Account[],
  user: string,
  mariadb: boolean,
): string[] {
  return wanted.flatMap((account) => {
    const to = { user, host: account.host };
    const found = present.find(({ host }) => host === account.host);
    if (found === undefined) return [`CREATE USER ${accountName(to)} …`];
    return grantChanges(account.grants, found.grants, to, mariadb).flatMap(({ gains, statement }) =>
      gains ? [statement] : [],
    );
  });
}

function wantedOfBase({ base, mariadb }: State, { user, hosts = ['%'] }: Target): Wanted[] {
  const plugin = mariadb ? 'mysql_native_password' : 'caching_sha2_password';
  if (base.length === 0) return hosts.map((host) => ({ user, host, plugin }));
  return base.map((account) => ({ user, host: account.host, plugin: pluginOf(account) }));
}

function wantedOfClone({ base }: State, { user }: Target): Wanted[] {
  if (base.length === 0)
    throw new KeyturnError('InvalidInput', `there is no user "${user}" at the target: correct target.user`);
  return base.map((like) => ({ user: cloneOf(user), host: like.host, plugin: pluginOf(like), like }));
}

function accountChanges(
  wanted: Wanted,
  found: Account | undefined,
  withPassword: (account: Wanted) => SecretValue,
): Change[] {
  const name = accountName(wanted);
  const options = wanted.like && optionsOf(wanted.like);
  if (found === undefined) {
    const rest = `${options ? ` ${options}` : ''} ACCOUNT LOCK`;
    return [
      {
        statement: withPassword(wanted).map((text) => `CREATE USER IF NOT EXISTS ${text}${rest}`),
        label: `CREATE USER IF NOT EXISTS ${name} IDENTIFIED …${rest}`,
      },
    ];
  }
  return [
    ...(options && options !== optionsOf(found) ? [plain(`ALTER USER ${name} ${options}`)] : []),
    ...(found.secondary ? [plain(`ALTER USER ${name} DISCARD OLD PASSWORD`)] : []),
  ];
}

function plain(statement: string): Change {
  return { statement: SecretValue.of(statement), label: statement };
}

function ofGrant({ statement, needs }: GrantChange): Change {
  return { ...plain(statement), needs };
}

/** @throws InvalidInput where the hosts that there are are not those of the inventory */
export function requireHosts(accounts: readonly { host: string }[], { user, hosts }: Target): void {
  const found = accounts.map(({ host }) => host);
  if (hosts === undefined || found.length === 0) return;
  const odd = [...hosts.filter((host) => !found.includes(host)), ...found.filter((host) => !hosts.includes(host))];
  if (odd.length === 0) return;
  throw new KeyturnError(
    'InvalidInput',
    `"${user}" has the hosts ${found.join(', ')} at the server, target.hosts says ${hosts.join(', ')}: correct the one that is wrong`,
  );
}

/** Setting the password replaces every way to log in. */
function requireOnePassword(account: Account): void {
  if (!account.several) return;
  throw new KeyturnError(
    'InvalidInput',
    `${accountName(account)} logs in by one of several methods; leave it the one with the password (ALTER USER … IDENTIFIED VIA mysql_native_password USING …)`,
  );
}

/** What cannot be hashed here would stand in the server's log. @throws InvalidInput */
export function pluginOf(account: Pick<Account, 'user' | 'host' | 'plugin'>): HashedPlugin {
  const { plugin } = account;
  if (isHashed(plugin)) return plugin;
  // What was made without a password, and what the servers of old left empty.
  if (plugin === '') return 'mysql_native_password';
  throw new KeyturnError(
    'InvalidInput',
    `${accountName(account)} logs in by ${plugin}: Keyturn rotates passwords of mysql_native_password and caching_sha2_password`,
  );
}

/**
 * The base's grants count. What was granted to the clone alone while it is in use would be lost with the base's turn, and
 * what was taken from the base alone would not be: which is meant, only a human knows.
 */
function refuseLoss({ base, clone, mariadb }: State, { user }: Target): void {
  const inUse = clone.filter(({ locked }) => !locked);
  const lacking = lackingGrants(inUse, base, user, mariadb);
  if (lacking.length === 0) return;
  throw new KeyturnError(
    'PrivilegeLost',
    `"${cloneOf(user)}", which is in use, has what "${user}" has not, so the next login would lose it: run ${lacking.join('; ')}, or revoke the same from "${cloneOf(user)}"`,
  );
}
