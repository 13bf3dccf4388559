import * as z from 'zod/mini';
import type { Session } from './client.ts';

/** `ALTER ROLE … [IN DATABASE …] SET`: entries are `name=value` as stored. */
const Settings = z.object({ database: z.nullable(z.string()), entries: z.array(z.string()) });
export type Settings = z.infer<typeof Settings>;

const Role = z.object({
  name: z.string(),
  superuser: z.boolean(),
  inherit: z.boolean(),
  canLogin: z.boolean(),
  replication: z.boolean(),
  /** -1: none. */
  connectionLimit: z.int(),
  /** Whether the admin has the ADMIN OPTION on it (superusers always have). */
  administered: z.boolean(),
  /** Whether the admin has its privileges, so may end its sessions. */
  inherited: z.boolean(),
  settings: z.array(Settings),
  /** Objects that it owns or is named in the ACL of, in every database. */
  holdings: z.int(),
  /** Other roles than the base that it is a member of and the base is not. */
  memberships: z.array(z.string()),
});
export type Role = z.infer<typeof Role>;

/** Everything at the server that an install or a revocation depends on. */
const State = z.object({
  /** As `server_version_num`: 160004. */
  version: z.int(),
  standby: z.boolean(),
  admin: z.string(),
  superuser: z.boolean(),
  createRole: z.boolean(),
  /** Whether the admin has the privileges of pg_signal_backend. */
  signal: z.boolean(),
  base: z.nullable(Role),
  clone: z.nullable(Role),
  /** The clone's membership in the base role; null: none. */
  membership: z.nullable(z.object({ inherit: z.boolean(), set: z.boolean() })),
});
export type State = z.infer<typeof State>;

/**
 * One statement, readable by every role and valid on every version: options that PostgreSQL 16 brought are read through
 * `to_jsonb`, which leaves out what an older version does not have. Holdings come from pg_shdepend, which is shared by
 * all databases ('o': owner, 'a': named in an ACL).
 */
const query = `
SELECT current_setting('server_version_num')::int AS version,
  pg_is_in_recovery() AS standby,
  me.rolname AS admin, me.rolsuper AS superuser, me.rolcreaterole AS "createRole",
  pg_has_role('pg_signal_backend', 'USAGE') AS signal,
  roles.known -> $1::text AS base, roles.known -> $2::text AS clone,
  (SELECT json_build_object(
      'inherit', bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)),
      'set', bool_or(coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)))
    FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
    WHERE g.rolname = $1::text AND r.rolname = $2::text HAVING count(*) > 0) AS membership
FROM pg_roles me, (
  SELECT coalesce(json_object_agg(r.rolname, json_build_object(
    'name', r.rolname, 'superuser', r.rolsuper, 'inherit', r.rolinherit, 'canLogin', r.rolcanlogin,
    'replication', r.rolreplication, 'connectionLimit', r.rolconnlimit,
    'administered', pg_has_role(r.oid, 'USAGE WITH ADMIN OPTION'), 'inherited', pg_has_role(r.oid, 'USAGE'),
    'settings', (SELECT coalesce(json_agg(json_build_object('database', d.datname, 'entries', s.setconfig)), '[]')
      FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE s.setrole = r.oid),
    'holdings', (SELECT count(*) FROM pg_shdepend h
      WHERE h.refclassid = 'pg_authid'::regclass AND h.refobjid = r.oid AND h.deptype IN ('o', 'a')),
    'memberships', (SELECT coalesce(json_agg(g.rolname), '[]') FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
      WHERE m.member = r.oid AND g.rolname <> $1::text
        AND NOT coalesce(pg_has_role(to_regrole(quote_ident($1::text)), g.oid, 'MEMBER'), false))
  )), '{}') AS known
  FROM pg_roles r WHERE r.rolname IN ($1::text, $2::text)) roles
WHERE me.rolname = current_user`;

/** Gathers the state. Read-only. */
export async function gather(session: Session, base: string, clone: string): Promise<State> {
  const [row] = await session.rows(query, [base, clone]);
  return State.parse(row);
}
