import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import { type PostgresServer, releases, startPostgres } from '../../support/postgres-server.ts';
import { makeEstate, type PostgresEstate } from './harness.ts';
import { credentialIn, kind, rotate } from './rotate.ts';

/** What a session may do, as the server itself answers: equal for two sessions that are equally good. */
const privileges: Record<string, string> = {
  acting: 'SELECT current_user AS acting',
  attributes: 'SELECT rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user',
  databases: `SELECT datname, p, has_database_privilege(datname, p) FROM pg_database, unnest('{CREATE,CONNECT,TEMP}'::text[]) p
    ORDER BY 1, 2`,
  schemas: `SELECT nspname, p, has_schema_privilege(oid, p) FROM pg_namespace, unnest('{CREATE,USAGE}'::text[]) p
    WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1, 2`,
  tables: `SELECT c.relnamespace::regnamespace::text, relname, p, has_table_privilege(c.oid, p), pg_has_role(c.relowner, 'USAGE') AS owner
    FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p
    WHERE c.relkind IN ('r', 'v') AND c.relnamespace <> 'pg_catalog'::regnamespace ORDER BY 1, 2, 3`,
  columns: `SELECT c.relname, a.attname, p, has_column_privilege(c.oid, a.attnum, p)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, unnest('{SELECT,UPDATE}'::text[]) p
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace::regnamespace::text !~ '^pg_|information'
    ORDER BY 1, 2, 3`,
  sequences: `SELECT relname, p, has_sequence_privilege(oid, p) FROM pg_class, unnest('{USAGE,SELECT,UPDATE}'::text[]) p
    WHERE relkind = 'S' ORDER BY 1, 2`,
  functions: `SELECT proname, has_function_privilege(oid, 'EXECUTE') FROM pg_proc
    WHERE pronamespace::regnamespace::text !~ '^pg_|information' ORDER BY 1`,
  memberships: `SELECT rolname, pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname !~ '_clone$' ORDER BY 1`,
};

/** How a session is set, and what its login is limited to. */
const settings: Record<string, string> = {
  settings: `SELECT name, setting FROM pg_settings WHERE source IN ('user', 'database', 'database user') AND name <> 'role' ORDER BY 1`,
  custom: `SELECT current_setting('keyturn.custom', true)`,
  schemas: 'SELECT current_schemas(true)::text',
  login: 'SELECT rolconnlimit, rolreplication FROM pg_roles WHERE rolname = session_user',
};

async function ask(
  estate: PostgresEstate,
  value: SecretValue,
  questions: Record<string, string>,
): Promise<Record<string, unknown[]>> {
  const session = await estate.session(value);
  try {
    const answers: Record<string, unknown[]> = {};
    for (const [topic, question] of Object.entries(questions)) answers[topic] = (await session.query(question)).rows;
    return answers;
  } finally {
    await session.end();
  }
}

async function under<T>(
  estate: PostgresEstate,
  value: SecretValue,
  work: (session: pg.Client) => Promise<T>,
): Promise<T> {
  const session = await estate.session(value);
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

describe.each(releases)('alternating users on $name', { timeout: 120_000 }, (release) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ release });
  }, 60_000);
  afterAll(() => server?.stop());

  it('leaves effective privileges and settings the same through 10 rotations with DDL, GRANT, REVOKE and ALTER ROLE between', async () => {
    const estate = await makeEstate(server);
    const { base, database } = estate;
    const asDba = (text: string) => server.sql(text, undefined, database);
    await asDba(`CREATE ROLE ${base}_readers; GRANT CONNECT ON DATABASE ${database} TO ${base}_readers;
      CREATE SCHEMA extra; CREATE TABLE extra.ledger (id int, secret text); CREATE SEQUENCE extra.numbers;
      CREATE FUNCTION extra.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION extra.f FROM PUBLIC;
      CREATE SCHEMA app AUTHORIZATION ${base}; ALTER ROLE ${base} CREATEDB CONNECTION LIMIT 17;
      ALTER ROLE ${base} SET search_path TO app, "$user", public;
      -- A setting that no extension defines may be stored by superusers alone, and by whom they let.
      GRANT SET ON PARAMETER keyturn.custom TO ${estate.admin};`);
    /** What the owner's people do to the base role between two rotations. */
    const between = [
      `GRANT USAGE ON SCHEMA extra TO ${base}; GRANT SELECT ON extra.ledger TO ${base}`,
      `ALTER ROLE ${base} SET statement_timeout TO '12s'; GRANT ${base}_readers TO ${base}`,
      `GRANT INSERT, UPDATE ON extra.ledger TO ${base}; ALTER ROLE ${base} IN DATABASE ${database} SET work_mem TO '7MB'`,
      `REVOKE SELECT ON extra.ledger FROM ${base}; GRANT SELECT (id) ON extra.ledger TO ${base}`,
      `ALTER ROLE ${base} RESET statement_timeout; ALTER ROLE ${base} CONNECTION LIMIT 23`,
      `GRANT USAGE ON SEQUENCE extra.numbers TO ${base}; GRANT EXECUTE ON FUNCTION extra.f TO ${base}`,
      `REVOKE ${base}_readers FROM ${base}; ALTER ROLE ${base} IN DATABASE ${database} SET search_path TO app, extra, "Odd, schema"`,
      `REVOKE ALL ON extra.ledger FROM ${base}; ALTER ROLE ${base} SET "datestyle" TO 'ISO, DMY'; ALTER ROLE ${base} NOCREATEDB`,
      `ALTER ROLE ${base} RESET ALL; ALTER ROLE ${base} IN DATABASE ${database} RESET ALL; ALTER ROLE ${base} SET keyturn.custom TO 'x'`,
      `ALTER DATABASE ${database} SET lock_timeout TO '3s'; ALTER ROLE ${base} SET application_name TO 'it''s \\ the app'`,
    ];
    let current = estate.current;
    for (const [round, change] of between.entries()) {
      await under(estate, current, async (session) => {
        await session.query(
          `CREATE TABLE app.t${round} (id serial, note text); INSERT INTO app.t${round} (note) VALUES ('x')`,
        );
        if (round > 0)
          await session.query(
            `ALTER TABLE app.t${round - 1} ADD COLUMN more int; DROP INDEX IF EXISTS app.i${round - 1}`,
          );
        await session.query(`CREATE INDEX i${round} ON app.t${round} (id)`);
      });
      await asDba(change);

      const { value, pending } = await rotate(estate, current);
      expect(await ask(estate, value, privileges), `round ${round}`).toEqual(await ask(estate, current, privileges));
      // Of a base and its clone, the base is right: the clone gets its settings when its turn comes.
      if (pending.username === estate.clone) {
        expect(await ask(estate, value, settings), `round ${round}`).toEqual(await ask(estate, current, settings));
      }

      const versions = { retire: credentialIn(current, estate.target), keep: pending };
      await kind.disable(estate.context(), versions);
      await kind.proveRefused(estate.context(), versions);
      expect(await estate.logIn(value)).toBe('accepted');
      current = value;
    }
    const owners = await asDba(`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'app'`);
    expect(owners).toEqual([{ tableowner: base }]);
    expect(await asDba(`SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'app'`)).toEqual([
      { tables: 10 },
    ]);
  });

  it('keeps acting as the base role after RESET ROLE and DISCARD ALL, as a pooler sends them', async () => {
    const estate = await makeEstate(server);
    const { value } = await rotate(estate);
    await under(estate, value, async (session) => {
      await session.query('RESET ROLE');
      await session.query('DISCARD ALL');
      const { rows } = await session.query('SELECT current_user AS acting, session_user AS login');
      expect(rows).toEqual([{ acting: estate.base, login: estate.clone }]);
    });
  });

  it('acts as the owner that the base role itself acts as, where its settings name one', async () => {
    const estate = await makeEstate(server);
    const owner = `${estate.base}_owner`;
    await server.sql(`CREATE ROLE ${owner} NOLOGIN; GRANT ${owner} TO ${estate.base}; ALTER ROLE ${estate.base} SET role TO ${owner};
      ALTER DATABASE ${estate.database} OWNER TO ${owner}`);
    const first = await rotate(estate);
    await under(estate, first.value, async (session) => {
      await session.query('CREATE SCHEMA made; CREATE TABLE made.t ()');
    });
    const second = await rotate(estate, first.value);
    await under(estate, second.value, (session) => session.query('ALTER TABLE made.t ADD COLUMN a int'));
    const owners = await server.sql(
      `SELECT tableowner FROM pg_tables WHERE schemaname = 'made'`,
      undefined,
      estate.database,
    );
    expect(owners).toEqual([{ tableowner: owner }]);
  });

  it('hands a role, a database and settings with every sort of character through', async () => {
    const user = 'a"b \'c\\d é;--$1';
    const estate = await makeEstate(server, { user, database: `db " ' \\ ü ${release.major}` });
    const quoted = `"${user.replaceAll('"', '""')}"`;
    const database = `"${estate.database.replaceAll('"', '""')}"`;
    await server.sql(`ALTER ROLE ${quoted} IN DATABASE ${database} SET search_path TO "S 1", 'q"uo''te', "a,b", '';
      ALTER ROLE ${quoted} SET application_name TO E'it''s \\\\ a "name"'`);
    const { value, current, pending, context } = await rotate(estate);
    const [before, after] = [await ask(estate, estate.current, settings), await ask(estate, value, settings)];
    expect(after).toEqual(before);
    expect(JSON.stringify(after['settings'])).toContain('q\\"\\"uo');
    await kind.disable(context, { retire: current, keep: pending });
    expect(await estate.logIn(estate.current)).toBe('refused');
  });
});
