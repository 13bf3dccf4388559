import * as z from 'zod/mini';
import { KeyturnError } from '../../../core/errors.ts';
import type { Session } from '../client.ts';
import { bytes } from '../quote.ts';

/** Less than a statement's own limit. Whoever holds the lock is done in a second, or ends sessions for at most 15. */
const waitSeconds = 6;

const Answer = z.array(z.object({ taken: z.nullable(z.union([z.number(), z.string()])) }));

/**
 * Lets one session at a time change the user's passwords, to the session's end: what is decided is decided by what is there.
 * Deliveries of the same event run at once. A holder that died is let go of as `prepareChanges` says. @throws TargetBusy
 */
export async function takeLock(session: Session, user: string, endpoint: string): Promise<void> {
  const statement = `SELECT GET_LOCK(CONCAT('keyturn:', SHA1(${bytes(user)})), ${waitSeconds}) AS taken`;
  const [answer] = Answer.parse(await session.rows(statement));
  if (Number(answer?.taken) === 1) return;
  throw new KeyturnError('TargetBusy', `another call is changing the passwords of "${user}" at ${endpoint}`);
}
