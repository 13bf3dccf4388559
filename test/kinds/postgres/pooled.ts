import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { FurtherSecretAccess } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Credential } from '../../../lib/kinds/postgres/credential.ts';
import { createKind } from '../../../lib/kinds/postgres/index.ts';
import type { Target } from '../../../lib/kinds/postgres/schema.ts';
import type { KindHarness, Use } from '../../support/describe-kind.ts';
import {
  consoleLogin,
  type PgbouncerOptions,
  type PgbouncerServer,
  startPgbouncer,
} from '../../support/pgbouncer-server.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { type EstateOptions, makeEstate, type PostgresEstate, plaintext } from './harness.ts';

/** Where PgBouncer has its users from. */
export type Auth = 'auth_file' | 'auth_query';

/** A PostgreSQL with a PgBouncer before it. */
export interface PooledServers {
  auth: Auth;
  server: PostgresServer;
  pooler: PgbouncerServer;
  stop(): Promise<void>;
}

export interface PooledEstate extends PostgresEstate {
  readonly list: KeptList;
  readonly further: { secrets: Record<string, string>; deliver(secret: string, text: string): Promise<void> };
  /** A session through the pooler under the value's login. The caller ends it. */
  through(value: SecretValue): Promise<pg.Client>;
}

/** The secret that the auth_file is made from, and the agent that makes it. */
export class KeptList implements FurtherSecretAccess {
  text: string;
  /** How each text comes to the pooler. */
  deliver: (text: string) => Promise<void>;

  constructor(text: string, deliver: (text: string) => Promise<void>) {
    this.text = text;
    this.deliver = deliver;
  }

  async read(): Promise<SecretValue> {
    return SecretValue.of(JSON.stringify(consoleLogin));
  }

  async rewrite(_secret: string, change: (text: SecretValue) => SecretValue): Promise<void> {
    const { text } = this;
    this.text = change(SecretValue.of(text)).reveal();
    if (this.text !== text) await this.deliver(this.text);
  }
}

/** The README's own statements: what an operator would run. */
function authQuery(): string {
  const readme = readFileSync('lib/kinds/postgres/README.md', 'utf8');
  const statements = /```sql\n(-- for auth_query[\s\S]*?)```/.exec(readme)?.[1];
  if (statements === undefined) throw new Error('the README has no statements for auth_query');
  return statements;
}

const lookup = { role: 'pgbouncer', password: 'lookup-password' };

export async function startPooled(auth: Auth, settings: PgbouncerOptions['settings'] = {}): Promise<PooledServers> {
  const server = await startPostgres();
  const asking = { auth_user: lookup.role, auth_query: 'SELECT * FROM pgbouncer.login($1)' };
  const pooler = await startPgbouncer({
    upstream: server,
    userlist: `"${lookup.role}" "${lookup.password}"\n`,
    settings: { ...(auth === 'auth_query' && asking), ...settings },
  });
  if (auth === 'auth_query') await server.sql(`CREATE ROLE ${lookup.role} LOGIN PASSWORD '${lookup.password}'`);
  return {
    auth,
    server,
    pooler,
    async stop() {
      await pooler.stop();
      await server.stop();
    },
  };
}

let count = 0;

/** An estate of its own behind the pooler, whose list it takes over. */
export async function makePooledEstate(servers: PooledServers, options: EstateOptions = {}): Promise<PooledEstate> {
  const { auth, server, pooler } = servers;
  count += 1;
  const user = options.user ?? `pooled${count}`;
  const password = `first-password-of-pooled-${count}`;
  // As operators have it at first: in plain.
  const list = new KeptList(`${pooler.consoleLine}"${user}" "${password}"\n"other" "other-password"\n`, pooler.deliver);
  const declared = {
    host: pooler.host,
    port: pooler.port,
    tls: plaintext,
    consoleSecret: 'db/console',
    auth: auth === 'auth_query' ? 'query' : { userlist: 'db/userlist' },
  };
  const estate = await makeEstate(server, {
    user,
    password,
    further: list,
    ...options,
    target: { poolers: [declared], ...options.target },
  });
  if (auth === 'auth_query') await server.sql(authQuery(), undefined, estate.database);
  else {
    await pooler.deliver(list.text);
    await pooler.command('RELOAD');
  }
  const through: PooledEstate['through'] = async (value) => {
    const login = value.parse(JSON.parse) as { username: string; password: string };
    const client = new pg.Client({
      host: pooler.host,
      port: pooler.port,
      user: login.username,
      password: login.password,
      database: estate.database,
      application_name: 'shop',
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  return {
    ...estate,
    otherSecrets: [...estate.otherSecrets, consoleLogin.password, lookup.password],
    list,
    through,
    further: {
      secrets: {
        'db/console': JSON.stringify(consoleLogin),
        ...(auth === 'auth_file' && { 'db/userlist': list.text }),
      },
      deliver: (_secret, text) => pooler.deliver(text),
    },
    async use(value): Promise<Use> {
      const client = await through(value);
      const user = value.parse(JSON.parse).username;
      return {
        alive: () =>
          client.query('SELECT 1').then(
            () => true,
            () => false,
          ),
        async end() {
          await client.end().catch(() => undefined);
          // Its server connection stays in the pool, and in pg_stat_activity.
          while ((await pooler.command('SHOW CLIENTS')).some((one) => one['user'] === user));
        },
      };
    },
    async logIn(value) {
      const direct = await estate.logIn(value);
      if (direct === 'refused') return direct;
      try {
        await (await through(value)).end();
        return 'accepted';
      } catch (error) {
        if (/authentication failed|no such user/.test((error as Error).message)) return 'refused';
        throw error;
      }
    },
  };
}

/** For `describeKind` and the crash matrix. */
export async function startPooledHarness(auth: Auth): Promise<KindHarness<Target, Credential>> {
  const servers = await startPooled(auth, { pool_mode: 'transaction', query_wait_timeout: 2 });
  return { kind: createKind(), estate: () => makePooledEstate(servers), stop: () => servers.stop() };
}
