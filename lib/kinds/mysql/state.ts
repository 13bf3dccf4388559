import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import type { Session } from './client.ts';
import { type Grants, parseGrants } from './grants.ts';
import { accountName, bytes } from './quote.ts';

export const flag = z.pipe(
  z.nullable(z.union([z.number(), z.string()])),
  z.transform((value) => Number(value) === 1),
);
const count = z.pipe(
  z.nullable(z.union([z.number(), z.string()])),
  z.transform((value) => Number(value ?? 0)),
);
const text = z.pipe(
  z.nullable(z.string()),
  z.transform((value) => value ?? ''),
);

const Row = z.object({
  version: z.string(),
  readOnly: flag,
  rds: flag,
  admin: z.string(),
  user: z.nullable(z.string()),
  host: text,
  plugin: text,
  /** More than one way to log in (MariaDB's `IDENTIFIED VIA … OR …`). */
  several: flag,
  locked: flag,
  /** MySQL's secondary password, which ALTER USER leaves in place. */
  secondary: flag,
  tlsType: text,
  cipher: text,
  issuer: text,
  subject: text,
  queries: count,
  updates: count,
  connections: count,
  sessions: count,
  statementSeconds: count,
  defaultRoles: z.nullable(z.string()),
});
type Row = z.infer<typeof Row>;

/** One `user`@`host` of the server. */
export interface Account {
  user: string;
  host: string;
  plugin: string;
  several: boolean;
  locked: boolean;
  secondary: boolean;
  /** What REQUIRE says. */
  tls: { type: string; cipher: string; issuer: string; subject: string };
  /** What WITH says; 0: no limit. `MAX_STATEMENT_TIME` is MariaDB's alone. */
  limits: Readonly<Record<string, number>>;
  grants: Grants;
}

/** Everything at the server that an install or a revocation depends on. */
export interface State {
  mariadb: boolean;
  version: string;
  readOnly: boolean;
  /** RDS keeps KILL to itself and gives a procedure in its place. */
  rds: boolean;
  /** The admin's own account, as `user@host`. */
  admin: string;
  base: Account[];
  clone: Account[];
}

/**
 * One text for both servers: what stands in a comment with `M!` is read by MariaDB alone, with `!80000` by MySQL 8 and
 * later alone (https://mariadb.com/kb/en/comment-syntax/). Password hashes are not asked for.
 */
function query(users: readonly string[]): string {
  return `
SELECT VERSION() AS version, @@global.read_only OR @@innodb_read_only AS readOnly, CURRENT_USER() AS admin,
  @@basedir LIKE '/rdsdbbin%' AS rds, a.*
FROM (SELECT 1 AS one) always LEFT JOIN (
  SELECT u.User AS user, u.Host AS host, u.plugin AS plugin, u.ssl_type AS tlsType,
    CONVERT(u.ssl_cipher USING utf8mb4) AS cipher, CONVERT(u.x509_issuer USING utf8mb4) AS issuer,
    CONVERT(u.x509_subject USING utf8mb4) AS subject,
    u.max_questions AS queries, u.max_updates AS updates, u.max_connections AS connections,
    u.max_user_connections AS sessions,
    /*M! u.max_statement_time AS statementSeconds, NULLIF(u.default_role, '') AS defaultRoles, 0 AS secondary,
      COALESCE(JSON_LENGTH(g.Priv, '$.auth_or'), 1) > 1 AS several, JSON_VALUE(g.Priv, '$.account_locked') AS locked */
    /*!80000 NULL AS statementSeconds, 0 AS several, u.account_locked = 'Y' AS locked,
      COALESCE(JSON_CONTAINS_PATH(u.User_attributes, 'one', '$.additional_password'), 0) AS secondary,
      (SELECT CAST(JSON_ARRAYAGG(JSON_ARRAY(d.DEFAULT_ROLE_USER, d.DEFAULT_ROLE_HOST)) AS CHAR) FROM mysql.default_roles d
        WHERE d.USER = u.User AND d.HOST = u.Host) AS defaultRoles */
  FROM mysql.user u /*M! JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host */
  WHERE u.User IN (${users.map(bytes).join(', ')}) /*M! AND u.is_role = 'N' */) a ON TRUE
ORDER BY a.user, a.host`;
}

/** Gathers the accounts of base and clone with their grants. Read-only. */
export async function gatherAccounts(session: Session, base: string, clone: string): Promise<State> {
  const rows = z.array(Row).parse(await readable(session.rows(query([base, clone]))));
  const [first] = rows;
  if (first === undefined) throw new Error('the server answered no row');
  const mariadb = /mariadb/i.test(first.version);
  const accounts: Account[] = [];
  for (const row of rows) if (row.user !== null) accounts.push(await accountOf(session, row, row.user, mariadb));
  const { version, readOnly, rds, admin } = first;
  const of = (user: string) => accounts.filter((account) => account.user === user);
  return { mariadb, version, readOnly, rds, admin, base: of(base), clone: of(clone) };
}

/** Whoever may read the users may read their grants: `mysql` as a whole. */
export async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof KeyturnError && error.code === 'AdminPrivilegeMissing')) throw error;
    throw new KeyturnError(
      'AdminPrivilegeMissing',
      `${error.message}: run there once: GRANT SELECT ON \`mysql\`.* TO it`,
      { cause: error },
    );
  }
}

async function accountOf(session: Session, row: Row, user: string, mariadb: boolean): Promise<Account> {
  const { host, plugin, several, locked, secondary, cipher, issuer, subject } = row;
  const grants = await grantsOf(session, { user, host });
  return {
    user,
    host,
    plugin,
    several,
    locked,
    secondary,
    tls: { type: row.tlsType, cipher, issuer, subject },
    limits: {
      MAX_QUERIES_PER_HOUR: row.queries,
      MAX_UPDATES_PER_HOUR: row.updates,
      MAX_CONNECTIONS_PER_HOUR: row.connections,
      MAX_USER_CONNECTIONS: row.sessions,
      ...(mariadb ? { MAX_STATEMENT_TIME: row.statementSeconds } : {}),
    },
    grants: { ...grants, defaultRoles: defaultRolesOf(row, mariadb, grants) },
  };
}

/** MariaDB has one, without a host; MySQL any number of them. */
function defaultRolesOf({ defaultRoles }: Row, mariadb: boolean, { defaultRoles: shown }: Grants): readonly string[] {
  if (mariadb || defaultRoles === null) return shown;
  const pairs = z.array(z.tuple([z.string(), z.string()])).parse(JSON.parse(defaultRoles));
  return pairs.map(([user, host]) => accountName({ user, host })).sort();
}

/** What an account was granted itself; of the roles only their names. */
async function grantsOf(session: Session, account: { user: string; host: string }): Promise<Grants> {
  return parseGrants(linesOf(await session.rows(`SHOW GRANTS FOR ${accountName(account)}`)));
}

/** What the session may do, its roles' privileges included. */
export async function ownGrants(session: Session): Promise<Grants> {
  return parseGrants(linesOf(await session.rows('SHOW GRANTS')));
}

/** SHOW GRANTS answers one column, whose name is of the account. */
function linesOf(rows: readonly Record<string, unknown>[]): string[] {
  return rows.flatMap((row) => Object.values(row).map(String));
}
