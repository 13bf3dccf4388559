import * as z from 'zod/mini';
import { KeyturnError } from '../../../core/errors.ts';
import type { Session } from '../client.ts';
import { bytes } from '../quote.ts';
import { flag, readable } from '../state.ts';
import type { StoredPassword } from './stored-password.ts';

const Row = z.object({
  version: z.string(),
  readOnly: flag,
  rds: flag,
  admin: z.string(),
  host: z.nullable(z.string()),
  plugin: z.nullable(z.string()),
  methods: z.nullable(z.union([z.number(), z.string()])),
  mainHead: z.nullable(z.string()),
  mainPrint: z.nullable(z.string()),
  otherPlugin: z.nullable(z.string()),
  otherHead: z.nullable(z.string()),
  otherPrint: z.nullable(z.string()),
});

/** One `user`@`host`, and what logs it in. */
export interface DualAccount {
  user: string;
  host: string;
  plugin: string;
  /** It logs in by something else than one or two passwords of its plugin. */
  several: boolean;
  /** The primary password first. Which one it is matters to MySQL alone. */
  passwords: StoredPassword[];
}

/** Everything at the server that a change of the user's passwords depends on. */
export interface DualState {
  mariadb: boolean;
  readOnly: boolean;
  rds: boolean;
  /** The admin's own account, as `user@host`. */
  admin: string;
  accounts: DualAccount[];
}

/**
 * One text for both servers, as in ../state.ts. What is stored never leaves the server: of each password the plugin's
 * head with the salt, which is nobody's secret, and a hash of the whole.
 *
 * MariaDB has the alternatives in `auth_or`, with `{}` in place of the one that stands in the account itself
 * (https://jira.mariadb.org/browse/MDEV-11340); MySQL the secondary password among the user's attributes.
 */
const query = (user: string) => `
SELECT VERSION() AS version, @@global.read_only OR @@innodb_read_only AS readOnly, CURRENT_USER() AS admin,
  @@basedir LIKE '/rdsdbbin%' AS rds, a.host, a.plugin, a.methods, a.otherPlugin,
  HEX(LEFT(a.main, 27)) AS mainHead, SHA2(a.main, 256) AS mainPrint,
  HEX(LEFT(a.other, 27)) AS otherHead, SHA2(a.other, 256) AS otherPrint
FROM (SELECT 1 AS one) always LEFT JOIN (
  SELECT u.Host AS host, u.plugin AS plugin,
    COALESCE(/*M!100400 JSON_VALUE(g.Priv, '$.authentication_string'), */ /*!80014 u.authentication_string, */ '') AS main,
    COALESCE(
      /*M!100400 JSON_VALUE(g.Priv, '$.auth_or[0].authentication_string'),
        JSON_VALUE(g.Priv, '$.auth_or[1].authentication_string'), */
      /*!80014 JSON_UNQUOTE(JSON_EXTRACT(u.User_attributes, '$.additional_password')), */ NULL) AS other,
    COALESCE(
      /*M!100400 JSON_VALUE(g.Priv, '$.auth_or[0].plugin'), JSON_VALUE(g.Priv, '$.auth_or[1].plugin'), */ NULL) AS otherPlugin,
    COALESCE(/*M!100400 JSON_LENGTH(g.Priv, '$.auth_or'), */ 1) AS methods
  FROM mysql.user u /*M!100400 JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host */
  WHERE u.User = ${bytes(user)} /*M!100400 AND u.is_role = 'N' */) a ON TRUE
ORDER BY a.host`;

/** Gathers what the server stores of the user's passwords. Read-only. @throws TargetUnfit where it has room for one only */
export async function gather(session: Session, user: string): Promise<DualState> {
  const rows = z.array(Row).parse(await readable(session.rows(query(user))));
  const [first] = rows;
  if (first === undefined) throw new Error('the server answered no row');
  const { version, readOnly, rds, admin } = first;
  const mariadb = /mariadb/i.test(version);
  requireDualPasswords(version, mariadb);
  return { mariadb, readOnly, rds, admin, accounts: rows.flatMap((row) => accountOf(row, user)) };
}

function accountOf(row: z.infer<typeof Row>, user: string): DualAccount[] {
  const { host, mainHead, mainPrint, otherHead, otherPrint } = row;
  if (host === null) return [];
  const plugin = row.plugin ?? '';
  const passwords = [
    { plugin, head: mainHead, print: mainPrint },
    { plugin, head: otherHead, print: otherPrint },
  ].flatMap(({ plugin, head, print }) => (head === null || print === null ? [] : [{ plugin, head, print }]));
  const several = Number(row.methods) > 2 || (row.otherPlugin ?? plugin) !== plugin;
  return [{ user, host, plugin, several, passwords }];
}

/**
 * MySQL has them since 8.0.14, MariaDB alternatives since 10.4. Pure.
 * https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords, https://mariadb.com/kb/en/alter-user/
 */
export function requireDualPasswords(version: string, mariadb: boolean): void {
  const needed = mariadb ? [10, 4, 0] : [8, 0, 14];
  const found = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const at = needed.findIndex((part, index) => part !== found[index]);
  if (at < 0 || (found[at] ?? 0) > (needed[at] ?? 0)) return;
  throw new KeyturnError(
    'TargetUnfit',
    `the server's version ${version} has one password per user; two came with MySQL 8.0.14 and MariaDB 10.4: leave target.overlap out, so that two users take turns`,
  );
}
