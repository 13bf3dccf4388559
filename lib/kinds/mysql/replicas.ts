import { KeyturnError } from '../../core/errors.ts';
import { type Endpoint, nameOf } from '../shared/database-user/target.ts';
import { eventually } from '../shared/wait.ts';
import type { Session } from './client.ts';
import { asAdmin, type Context } from './doors.ts';
import { bytes } from './quote.ts';

/** Replicas are normally behind by milliseconds; longer than this somebody should look. */
const lagMs = 30_000;

/**
 * How a user stands at a server: its accounts, their locks, and a hash of what is stored of all their passwords, which
 * itself never leaves the server. A list of one method is as good as none, and MariaDB keeps it. GTIDs would say more, but differ between the two servers and may be off.
 */
const query = (user: string) => `
SELECT u.Host AS host, SHA2(CONCAT(u.plugin, ':', u.authentication_string
    /*M!100400 , IF(JSON_LENGTH(g.Priv, '$.auth_or') > 1, JSON_EXTRACT(g.Priv, '$.auth_or'), '') */
    /*!80014 , COALESCE(JSON_EXTRACT(u.User_attributes, '$.additional_password'), '') */), 256) AS password,
  /*M! COALESCE(JSON_VALUE(g.Priv, '$.account_locked'), 0) AS locked */ /*!80000 u.account_locked = 'Y' AS locked */
FROM mysql.user u /*M! JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host */
WHERE u.User = ${bytes(user)} ORDER BY host`;

async function standing(session: Session, user: string): Promise<string> {
  return JSON.stringify(await session.rows(query(user)));
}

/** How the user stands at the writer; undefined where there are no replicas. */
export async function fingerprint(session: Session, { target }: Context, user: string): Promise<string | undefined> {
  return target.replicas.length === 0 ? undefined : standing(session, user);
}

/** Waits until the user stands at the replica as at the writer. @throws ReplicaLagging */
export async function awaitReplica(
  session: Session,
  context: Context,
  replica: Endpoint,
  user: string,
  print: string,
): Promise<void> {
  if (await eventually(context, lagMs, async () => (await standing(session, user)) === print)) return;
  throw new KeyturnError(
    'ReplicaLagging',
    `the replica ${nameOf(replica)} does not know "${user}" as the writer does after ${lagMs / 1000} s: look at its replication`,
  );
}

/** Each replica knows the user as the writer did. @throws ReplicaLagging */
export async function awaitReplicas(context: Context, user: string, print: string | undefined): Promise<void> {
  if (print === undefined) return;
  await Promise.all(
    context.target.replicas.map((replica) =>
      asAdmin(context, replica, (session) => awaitReplica(session, context, replica, user, print)),
    ),
  );
}
