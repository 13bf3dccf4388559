import * as z from 'zod/mini';
import { host, port, Tls, text } from '../../shared/database-user/target.ts';

/** A PgBouncer between consumers and the target. */
export const Pooler = z.strictObject({
  host,
  port: z._default(port, 6432),
  /** The database as its clients name it. Default: the target's. */
  database: z.optional(text),
  /** How Keyturn's logins there are encrypted; a pooler is no RDS, so there is no default. */
  tls: Tls,
  /** The secret with a login at its admin console, `{username, password}`, by name or ARN. */
  consoleSecret: text,
  /** Whom it asks for users: PostgreSQL (`auth_query`), or its `auth_file`, which is made from the secret `userlist`. */
  auth: z.union(
    [z.literal('query'), z.strictObject({ userlist: text })],
    "'query', or { userlist: '<the secret that its auth_file is made from>' }",
  ),
});
export type Pooler = z.infer<typeof Pooler>;

/** The secret of a pooler's users; undefined where it asks PostgreSQL. */
export function userlistOf({ auth }: Pooler): string | undefined {
  return auth === 'query' ? undefined : auth.userlist;
}
