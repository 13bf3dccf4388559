import { KeyturnError } from '../../core/errors.ts';
import { readOnly } from './failure.ts';
import { allPrivileges, type Grants } from './grants.ts';
import { accountName } from './quote.ts';
import type { State } from './state.ts';

/**
 * What must be granted before the admin can rotate and revoke: everything at once, so that a rotation fails before it
 * has changed anything rather than when the old user's sessions are to be killed. Empty: nothing. Pure.
 * @param own what the admin may do, its roles' privileges included
 */
export function missingPrivileges(own: Grants, { mariadb, rds }: Pick<State, 'mariadb' | 'rds'>): string[] {
  const has = new Set([...(own.on.get('*.*') ?? [])].map((one) => one.replace(/ WITH GRANT OPTION$/, '')));
  if (has.has(allPrivileges)) return [];
  const kill = mariadb ? 'CONNECTION ADMIN' : 'CONNECTION_ADMIN';
  // Without PROCESS the process list is one's own sessions: nobody else's would ever be seen, or killed.
  const missing = ['CREATE USER', 'PROCESS'].filter((privilege) => !has.has(privilege));
  if (!rds && !has.has(kill) && !has.has('SUPER')) missing.push(kill);
  return missing;
}

/** The statements that make a login fit to be Keyturn's. */
export function grantsFor(admin: string, privileges: readonly string[]): string {
  return `GRANT ${privileges.join(', ')} ON *.* TO ${quotedAccount(admin)}`;
}

/** @throws AdminPrivilegeMissing with the statement to run; TargetFailed on a read-only server. */
export function requireRights(
  own: Grants,
  state: Pick<State, 'mariadb' | 'rds' | 'readOnly' | 'admin'>,
  endpoint: string,
): void {
  if (state.readOnly) throw new KeyturnError('TargetFailed', `the server at ${endpoint}: ${readOnly}`);
  const missing = missingPrivileges(own, state);
  if (missing.length === 0) return;
  throw new KeyturnError(
    'AdminPrivilegeMissing',
    `the admin ${state.admin} at ${endpoint} lacks privileges: run there once: ${grantsFor(state.admin, missing)}`,
  );
}

/** `rotator@%`, as CURRENT_USER() says it → `` `rotator`@`%` ``. No host holds an @. */
export function quotedAccount(account: string): string {
  const at = account.lastIndexOf('@');
  return accountName({ user: account.slice(0, at), host: account.slice(at + 1) });
}
