import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import type { Session } from './client.ts';
import { readOnly } from './failure.ts';

const Answer = z.object({
  login: z.string(),
  acting: z.string(),
  expected: z.string(),
  inherits: z.boolean(),
  standby: z.boolean(),
});

/** The role that the base's own settings name for its sessions, where they name one (an owner without a login). */
const query = `
SELECT session_user::text AS login, current_user::text AS acting, pg_is_in_recovery() AS standby,
  coalesce(pg_has_role(session_user, to_regrole(quote_ident($1::text)), 'USAGE'), false) AS inherits,
  coalesce((SELECT nullif(substr(entry, 6), 'none')
    FROM pg_db_role_setting s, unnest(s.setconfig) entry
    WHERE entry LIKE 'role=%' AND s.setrole = to_regrole(quote_ident($1::text))
      AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    ORDER BY s.setdatabase DESC LIMIT 1), $1::text) AS expected`;

/**
 * Asks a session whom it acts as. A membership that was lost makes `SET role` at the login fail with a mere warning,
 * and the session then acts as the login itself.
 * @throws WrongEffectiveIdentity, PrivilegeLost; TargetFailed when the writer is a standby.
 */
export async function assertActsAsBase(
  session: Session,
  base: string,
  login: string,
  writerAt?: string,
): Promise<void> {
  const [row] = await session.rows(query, [base]);
  const { login: as, acting, expected, inherits, standby } = Answer.parse(row);
  if (as !== login || acting !== expected) {
    throw new KeyturnError(
      'WrongEffectiveIdentity',
      `"${login}" logs in as "${as}" and acts as "${acting}" instead of "${expected}": is it still a member of "${base}", and is that role still there?`,
    );
  }
  if (!inherits) {
    throw new KeyturnError('PrivilegeLost', `"${login}" does not inherit the privileges of "${base}": GRANT it again`);
  }
  if (writerAt !== undefined && standby)
    throw new KeyturnError('TargetFailed', `PostgreSQL at ${writerAt}: ${readOnly}`);
}
