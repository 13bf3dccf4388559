import { KeyturnError } from '../../core/errors.ts';
import type { Session } from './client.ts';
import { failureOf, privilegeErrors, ServerError } from './failure.ts';
import type { Change } from './statements.ts';

/** A password validation plugin's or component's, and MySQL's PASSWORD HISTORY. */
const policyErrors: ReadonlySet<number> = new Set([1819, 3638]);

/**
 * Runs one change.
 * @param admin the admin's own account, quoted, for what must be granted to it
 * @throws PendingPoisoned, AdminPrivilegeMissing with the statement to run, and what the session throws
 */
export async function apply(session: Session, change: Change, admin: string, user: string): Promise<void> {
  try {
    await session.run(change.statement);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    throw explained(change, admin, user, new ServerError(failure)) ?? error;
  }
}

function explained(change: Change, admin: string, user: string, cause: ServerError): KeyturnError | undefined {
  const { errno, option } = cause.failure;
  if (errno !== undefined && policyErrors.has(errno)) {
    return new KeyturnError(
      'PendingPoisoned',
      `the server's password policy rejects the new password of "${user}" (${errno}): the next attempt brings another`,
      { cause },
    );
  }
  if (errno === 1290 && option === 'strict-password-validation') {
    return new KeyturnError(
      'TargetFailed',
      'a password validation plugin is loaded, and with strict_password_validation the server takes no hashes (1290): SET GLOBAL strict_password_validation = OFF, so that no cleartext password needs to stand in its log',
      { cause },
    );
  }
  if (errno === undefined || !privilegeErrors.has(errno)) return undefined;
  const remedy = (change.needs ?? 'GRANT CREATE USER ON *.* TO {admin}').replaceAll('{admin}', admin);
  return new KeyturnError(
    'AdminPrivilegeMissing',
    `the admin ${admin} may not (${errno}) ${change.label}: run that once yourself, or run once: ${remedy}`,
    { cause },
  );
}
