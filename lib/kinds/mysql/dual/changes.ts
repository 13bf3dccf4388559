import { KeyturnError } from '../../../core/errors.ts';
import { SecretValue } from '../../../core/secret-value.ts';
import { pluginOf, requireHosts } from '../changes.ts';
import { type HashedPlugin, storedPassword } from '../hash.ts';
import { accountName } from '../quote.ts';
import type { Target } from '../schema.ts';
import { type Change, identified, listed } from '../statements.ts';
import type { DualAccount, DualState } from './state.ts';
import { isStored } from './stored-password.ts';

/** One whose passwords can be hashed here, and that has nothing else to log in by. */
type Fit = DualAccount & { plugin: HashedPlugin };

/**
 * Decides what makes the user accept `joins` at every host while `stays` goes on being accepted. An account that has `joins`
 * already is left alone: a repeated call must not bring back what was retired since. Pure.
 *
 * MariaDB is told both, in one statement. MySQL makes its primary password the secondary one (RETAIN CURRENT PASSWORD) and
 * forgets the secondary one of before: the statement run twice would end `stays`. So `stays` becomes the primary one first, by
 * a statement that leaves the secondary one as it is. By (primary, secondary):
 *
 *     (stays, –), (stays, other)     → RETAIN → (joins, stays)
 *     (other, stays)                 → (stays, stays) → RETAIN → (joins, stays)
 *     (joins, stays), (stays, joins) → nothing
 *
 * `stays` is in each of them, wherever a crash leaves it. What is neither of the two ends here: there is no place left for it.
 * @param stays undefined where no version has a credential yet: then `joins` alone is accepted
 * @throws TargetUnfit where `stays` is not accepted, so that somebody uses another one; InvalidInput
 */
export function decideAddition(
  state: DualState,
  target: Target,
  { joins, stays }: { joins: SecretValue; stays: SecretValue | undefined },
): Change[] {
  requireHosts(state.accounts, target);
  const accounts = state.accounts.map(fit);
  const lacking = accounts.filter((account) => !accepts(account, joins));
  if (stays === undefined) return accounts.length === 0 ? creation(state, target, joins) : alone(state, lacking, joins);
  requireAccepted(accounts, lacking, target, stays);
  if (state.mariadb) return either(lacking, joins, stays);
  return [...madePrimary(state, lacking, stays), ...retaining(state, lacking, joins)];
}

/**
 * Decides what makes the user refuse `leaves` at every host while `stays` goes on being accepted. No other password ends. On
 * MySQL `stays` becomes the primary one first: (leaves, stays) → (stays, stays) → DISCARD → (stays, –). Pure.
 * @throws TargetUnfit where `stays` is not accepted: nothing is removed; InvalidInput
 */
export function decideRemoval(
  state: DualState,
  target: Target,
  { leaves, stays }: { leaves: SecretValue; stays: SecretValue },
): Change[] {
  const accounts = state.accounts.map(fit);
  if (accounts.length === 0) return [];
  requireAccepted(accounts, accounts, target, stays);
  const holding = accounts.filter((account) => accepts(account, leaves));
  if (state.mariadb) return alone(state, holding, stays);
  return [...madePrimary(state, holding, stays), ...discardOld(holding)];
}

/** Decides what ends a password beside which none may stay; `instead` is one that nobody knows. Pure. @throws InvalidInput */
export function decideReplacement(
  state: DualState,
  { leaves, instead }: { leaves: SecretValue; instead: SecretValue },
): Change[] {
  const holding = state.accounts.map(fit).filter((account) => accepts(account, leaves));
  return alone(state, holding, instead);
}

function fit(account: DualAccount): Fit {
  if (account.several) {
    throw new KeyturnError(
      'InvalidInput',
      `${accountName(account)} logs in by more than two passwords of one plugin; leave it the one of the secret (ALTER USER … IDENTIFIED VIA mysql_native_password USING …)`,
    );
  }
  return { ...account, plugin: pluginOf(account) };
}

function accepts({ passwords }: DualAccount, password: SecretValue): boolean {
  return passwords.some((stored) => isStored(stored, password));
}

function requireAccepted(all: readonly Fit[], some: readonly Fit[], { user }: Target, password: SecretValue): void {
  if (all.length === 0) {
    throw new KeyturnError('TargetUnfit', `there is no user "${user}" at the target: correct target.user`);
  }
  const refusing = some.filter((account) => !accepts(account, password));
  if (refusing.length === 0) return;
  throw new KeyturnError(
    'TargetUnfit',
    `${refusing.map(accountName).join(', ')} does not accept the password that is to stay: it has another one, which nobody recorded and somebody may use; put that into the secret, or set the secret's by hand`,
  );
}

/** The password and no other. MySQL's secondary one goes first, or it would stay. */
function alone(state: DualState, accounts: readonly Fit[], password: SecretValue): Change[] {
  const two = state.mariadb ? [] : accounts.filter(({ passwords }) => passwords.length > 1);
  return [...discardOld(two), ...identifiedBy(state, accounts, password)];
}

/** On MySQL the primary password alone changes: without RETAIN the secondary one stays as it is. */
function identifiedBy(state: DualState, accounts: readonly Fit[], password: SecretValue): Change[] {
  return alterUser(accounts, 'IDENTIFIED …', identified(state, password));
}

function madePrimary(state: DualState, accounts: readonly Fit[], password: SecretValue): Change[] {
  const others = accounts.filter(({ passwords: [primary] }) => primary === undefined || !isStored(primary, password));
  return identifiedBy(state, others, password);
}

/**
 * RETAIN after a hash is not in the manual's grammar. It is in the one that MySQL was built to (FR2.1 of
 * https://dev.mysql.com/worklog/task/?id=11540): its binary log, which has hashes only, tells replicas so.
 */
function retaining(state: DualState, accounts: readonly Fit[], password: SecretValue): Change[] {
  const by = identified(state, password);
  return alterUser(accounts, 'IDENTIFIED … RETAIN CURRENT PASSWORD', (account) =>
    by(account).map((text) => `${text} RETAIN CURRENT PASSWORD`),
  );
}

function discardOld(accounts: readonly Fit[]): Change[] {
  const clause = 'DISCARD OLD PASSWORD';
  return alterUser(accounts, clause, (account) => SecretValue.of(`${accountName(account)} ${clause}`));
}

/** MariaDB tries one after the other (https://mariadb.com/kb/en/alter-user/). The list replaces the one of before. */
function either(accounts: readonly Fit[], first: SecretValue, second: SecretValue): Change[] {
  const by = identified({ mariadb: true }, first);
  return alterUser(accounts, 'IDENTIFIED … OR …', (account) =>
    by(account).map((text) =>
      storedPassword(account.plugin, second).parse((hash) => `${text} OR ${account.plugin} USING '${hash}'`),
    ),
  );
}

/** One statement for all of them. */
function alterUser(accounts: readonly Fit[], clauses: string, clausesOf: (account: Fit) => SecretValue): Change[] {
  if (accounts.length === 0) return [];
  return [
    {
      statement: listed(accounts.map(clausesOf)).map((text) => `ALTER USER ${text}`),
      label: `ALTER USER ${accounts.map(accountName).join(', ')} ${clauses}`,
    },
  ];
}

function creation(state: DualState, { user, hosts = ['%'] }: Target, password: SecretValue): Change[] {
  const plugin = state.mariadb ? 'mysql_native_password' : 'caching_sha2_password';
  const accounts = hosts.map((host) => ({ user, host, plugin }) as const);
  return [
    {
      statement: listed(accounts.map(identified(state, password))).map((text) => `CREATE USER IF NOT EXISTS ${text}`),
      label: `CREATE USER IF NOT EXISTS ${accounts.map(accountName).join(', ')} IDENTIFIED …`,
    },
  ];
}
