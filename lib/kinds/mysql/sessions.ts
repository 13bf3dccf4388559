import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { eventually } from '../shared/wait.ts';
import type { Session } from './client.ts';
import type { Context } from './doors.ts';
import { failureOf } from './failure.ts';
import { bytes } from './quote.ts';

/** A session ends at its next safe point, after a rollback; one that takes longer than this hangs. */
const goneMs = 15_000;

const Sessions = z.array(
  z.object({
    id: z.union([z.number(), z.string()]),
    client: z.string(),
    /** How long it has been doing what it does, or nothing: not its age. */
    seconds: z.nullable(z.union([z.number(), z.string()])),
  }),
);
export type OpenSession = z.infer<typeof Sessions>[number];

/** With PROCESS the list is whole; without, it is one's own sessions, so that must be sure before. */
export async function sessionsOf(session: Session, user: string): Promise<OpenSession[]> {
  const statement = `SELECT id AS id, SUBSTRING_INDEX(host, ':', 1) AS client, time AS seconds FROM information_schema.processlist
WHERE user = ${bytes(user)} AND id <> CONNECTION_ID()`;
  return Sessions.parse(await session.rows(statement));
}

/**
 * Kills the user's sessions until none is left.
 * @param condemned which of them. Default: all
 * @throws TargetTimeout, AdminPrivilegeMissing
 */
export async function endSessions(
  session: Session,
  context: Context,
  user: string,
  endpoint: string,
  condemned: (open: OpenSession[], askedAtMs: number) => OpenSession[] = (open) => open,
): Promise<void> {
  // A login that passed the check just before the change may not be listed yet: none must be seen twice in a row.
  let unseen = 0;
  const gone = await eventually(context, goneMs, async () => {
    const askedAtMs = context.clock.nowMs();
    const open = condemned(await sessionsOf(session, user), askedAtMs);
    for (const { id } of open) await kill(session, Number(id));
    unseen = open.length === 0 ? unseen + 1 : 0;
    return unseen >= 2;
  });
  if (!gone) {
    throw new KeyturnError(
      'TargetTimeout',
      `sessions of "${user}" at ${endpoint} still run ${goneMs / 1000} s after they were killed`,
    );
  }
}

/** `1094`: it is gone already. `1095`: RDS keeps KILL to itself and has a procedure for it. */
async function kill(session: Session, id: number): Promise<void> {
  try {
    await session.run(SecretValue.of(`KILL ${id}`));
  } catch (error) {
    const errno = failureOf(error)?.errno;
    if (errno === 1094) return;
    if (errno !== 1095) throw error;
    await killOnRds(session, id, error);
  }
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-stored-proc-ending.html */
async function killOnRds(session: Session, id: number, denied: unknown): Promise<void> {
  try {
    await session.run(SecretValue.of(`CALL mysql.rds_kill(${id})`));
  } catch (error) {
    const errno = failureOf(error)?.errno;
    if (errno === 1094) return;
    // There is no such procedure, or it is not for this login: then the first answer was the reason.
    throw errno === 1305 || errno === 1370 ? denied : error;
  }
}
