import { secretNameOf } from '../../../core/secret-arn.ts';
import { type Pooler, userlistOf } from '../../../kinds/postgres/poolers/schema.ts';
import type { SecretsManager } from '../../../simulator/services/secrets-manager/secrets-manager.ts';
import { newPassword } from '../../estates/admin-secrets.ts';
import { consoleLogin, type PgbouncerServer, startPgbouncer } from '../../estates/pgbouncer-server.ts';
import type { PostgresServer } from '../../estates/postgres-server.ts';
import type { Surroundings } from '../stand-in.ts';

/** Between two looks at the secret that an auth_file is made from. */
const deliveryMs = 500;

const lookupRole = 'pgbouncer';

/** A real PgBouncer before a server, which has its users as the inventory says. */
export async function startPooler(
  pooler: Pooler,
  server: PostgresServer,
  logins: ReadonlyMap<string, string>,
  { authority, admins, world }: Surroundings,
): Promise<PgbouncerServer> {
  const userlist = userlistOf(pooler);
  const lookupPassword = newPassword().replaceAll('"', '_');
  const asking = { auth_user: lookupRole, auth_query: 'SELECT * FROM pgbouncer.login($1)' };
  const running = await startPgbouncer({
    upstream: server,
    tls: authority.issue(['localhost', '127.0.0.1']),
    userlist: `"${lookupRole}" "${lookupPassword}"\n`,
    settings: {
      pool_mode: 'transaction',
      server_tls_sslmode: 'require',
      // Default 15 s, for which nobody gets through after the server was away: a wait like all others of a rehearsal.
      server_login_retry: 1,
      ...(userlist === undefined && asking),
    },
  });
  admins.give(pooler.consoleSecret, JSON.stringify(consoleLogin), consoleLogin.password);
  if (userlist === undefined) {
    await server.sql(
      `DO $$ BEGIN
         IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${lookupRole}') THEN CREATE ROLE ${lookupRole} LOGIN; END IF;
       END $$;
       SET log_statement = 'none'; ALTER ROLE ${lookupRole} PASSWORD '${lookupPassword}'`,
    );
    return running;
  }
  // As operators have it at first: in plain.
  const lines = [...logins].map(([user, password]) => `"${user}" "${password.replaceAll('"', '""')}"\n`);
  let delivered = `${running.consoleLine}${lines.join('')}`;
  admins.give(userlist, delivered, consoleLogin.password);
  await running.deliver(delivered);
  await running.command('RELOAD');
  const agent = setInterval(async () => {
    const text = world.service<SecretsManager>('secretsmanager').value(secretNameOf(userlist));
    if (text === delivered) return;
    delivered = text;
    await running.deliver(text);
  }, deliveryMs);
  return {
    ...running,
    async stop() {
      clearInterval(agent);
      await running.stop();
    },
  };
}

/** What the kind's README has an operator run in each database for auth_query. */
export const loginFunction = `
  CREATE SCHEMA IF NOT EXISTS pgbouncer;
  GRANT USAGE ON SCHEMA pgbouncer TO ${lookupRole};
  CREATE OR REPLACE FUNCTION pgbouncer.login(name text) RETURNS TABLE (username text, secret text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
    AS $$ SELECT rolname, rolpassword FROM pg_authid WHERE rolname = name AND rolcanlogin $$;
  REVOKE ALL ON FUNCTION pgbouncer.login FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION pgbouncer.login TO ${lookupRole}`;
