import { KeyturnError } from '../../core/errors.ts';
import { readOnly } from './failure.ts';
import { identifier } from './quote.ts';
import type { Role, State } from './state.ts';

/** PostgreSQL 16: CREATEROLE alone no longer administers roles; the ADMIN OPTION on each is needed. */
const adminOptionVersion = 160_000;

/**
 * What must be granted before the admin can rotate and revoke: everything at once, so that a rotation fails before it
 * has changed anything rather than when the old login's sessions are to be ended. Empty: nothing. Pure.
 */
export function missingGrants(state: State): string[] {
  if (state.superuser) return [];
  const admin = identifier(state.admin);
  const roles = [state.base, state.clone].filter((role) => role !== null);
  const grants: string[] = [];
  if (!state.createRole) grants.push(`ALTER ROLE ${admin} CREATEROLE`);
  for (const role of roles) {
    if (state.version >= adminOptionVersion && !role.administered) {
      grants.push(adminGrant(role.name, state.admin));
    }
  }
  if (!state.signal && !roles.every((role: Role) => role.inherited)) grants.push(`GRANT pg_signal_backend TO ${admin}`);
  return grants;
}

/** The admin gets to manage the role, and neither its privileges nor the right to act as it. */
export function adminGrant(role: string, admin: string): string {
  return `GRANT ${identifier(role)} TO ${identifier(admin)} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`;
}

/** @throws AdminPrivilegeMissing with the statements to run; TargetFailed on a standby. */
export function requireRights(state: State, endpoint: string): void {
  if (state.standby) throw new KeyturnError('TargetFailed', `PostgreSQL at ${endpoint}: ${readOnly}`);
  const above = [state.base, state.clone].find((role) => role?.superuser);
  if (above && !state.superuser) {
    throw new KeyturnError(
      'AdminPrivilegeMissing',
      `"${above.name}" at ${endpoint} is a superuser, and only a superuser may change one: take that from it, or give it to the admin "${state.admin}"`,
    );
  }
  const grants = missingGrants(state);
  if (grants.length === 0) return;
  throw new KeyturnError(
    'AdminPrivilegeMissing',
    `the admin "${state.admin}" at ${endpoint} lacks privileges: run there once, as a superuser or RDS's master user: ${grants.join('; ')}`,
  );
}
