import pg from 'pg';
import type { Clock } from '../../../lib/core/clock.ts';
import type { FurtherSecretAccess, KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Credential } from '../../../lib/kinds/postgres/credential.ts';
import { createKind } from '../../../lib/kinds/postgres/index.ts';
import { identifier, literal } from '../../../lib/kinds/postgres/quote.ts';
import { parseTarget, type Target } from '../../../lib/kinds/postgres/schema.ts';
import { realClock } from '../../support/clocks.ts';
import type { KindEstate, KindHarness, Use } from '../../support/describe-kind.ts';
import { fromNow } from '../../support/leaks.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from '../../support/postgres-server.ts';

export const plaintext = { plaintext: 'a server on loopback, for a test' };

export interface EstateOptions {
  /** The base role's name. Default: a new one. */
  user?: string;
  /** Its password, and the admin's. Default: plain ones. */
  password?: string;
  /** Its database's name; one that is there already is shared. Default: a new one. */
  database?: string;
  /** Changes to the target as the inventory says it. */
  target?: Record<string, unknown>;
  /** What the admin is granted. Default: all that Keyturn needs. */
  admin?: 'as needed' | 'no ADMIN OPTION' | 'no pg_signal_backend' | 'no CREATEROLE' | 'superuser';
  /** Where everybody but the test itself finds the server. Default: where it is. */
  door?: { host: string; port: number };
  clock?: Clock;
  /** Secrets beside the admin's, where the target names any. */
  further?: FurtherSecretAccess;
}

export interface PostgresEstate extends KindEstate<Target> {
  readonly base: string;
  readonly clone: string;
  readonly admin: string;
  readonly database: string;
  /** A session under the value's login, at the writer or elsewhere. The caller ends it. */
  session(value: SecretValue, elsewhere?: { port?: number }): Promise<pg.Client>;
  context(signal?: AbortSignal): KindContext<Target>;
  failedLogins(): Promise<number>;
}

let count = 0;

/** Waits until a replica, where there is one, has what was just made at the writer. */
export async function replayed(server: PostgresServer): Promise<void> {
  if (server.replicaPort === undefined) return;
  const [writer] = await server.sql('SELECT pg_current_wal_lsn()::text AS position');
  const replica = await server.connect({ replica: true });
  const behind = 'SELECT 1 WHERE pg_last_wal_replay_lsn() < $1::text::pg_lsn AND NOT pg_is_wal_replay_paused()';
  while ((await replica.query(behind, [writer?.['position']])).rows.length > 0);
  await replica.end();
}

/** A database, a base role with a password, and an admin, all of their own. */
export async function makeEstate(server: PostgresServer, options: EstateOptions = {}): Promise<PostgresEstate> {
  count += 1;
  const base = options.user ?? `app${count}`;
  const clone = `${base}_clone`;
  const admin = `rotator${count}`;
  const database = options.database ?? `estate${count}`;
  const { password = `first-password-${count}`, password: adminPassword = `admin-password-${count}` } = options;
  const rights = options.admin ?? 'as needed';
  const version = Number((await server.sql('SHOW server_version_num'))[0]?.['server_version_num']);
  const attributes = rights === 'superuser' ? 'SUPERUSER' : rights === 'no CREATEROLE' ? '' : 'CREATEROLE';
  await server.sql(`CREATE ROLE ${identifier(base)} LOGIN PASSWORD ${literal(password)};
    CREATE ROLE ${identifier(admin)} LOGIN ${attributes} PASSWORD ${literal(adminPassword)};`);
  const isThere = await server.sql('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (isThere.length === 0) await server.sql(`CREATE DATABASE ${identifier(database)} OWNER ${identifier(base)}`);
  if (rights !== 'no pg_signal_backend') await server.sql(`GRANT pg_signal_backend TO ${identifier(admin)}`);
  if (rights !== 'no ADMIN OPTION' && version >= 160_000) {
    await server.sql(`GRANT ${identifier(base)} TO ${identifier(admin)} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`);
  }

  const at = { host: server.host, port: server.port };
  await replayed(server);

  const place = { ...at, ...(options.door && { host: options.door.host, port: options.door.port }) };
  const target = parseTarget({
    ...place,
    database,
    user: base,
    adminSecret: 'db/admin',
    tls: plaintext,
    ...options.target,
  });
  const document = {
    engine: 'postgres',
    ...place,
    username: base,
    password,
    dbname: database,
    masterarn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/admin-AbCdEf',
  };
  const value = (changes: Record<string, unknown>) => SecretValue.of(JSON.stringify({ ...document, ...changes }));
  const session: PostgresEstate['session'] = async (credential, elsewhere = {}) => {
    const { username, password } = credential.parse(JSON.parse);
    const client = new pg.Client({ ...at, ...elsewhere, database, user: username, password });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  return {
    base,
    clone,
    admin,
    database,
    target,
    session,
    current: value({}),
    absentIdentity: clone,
    otherSecrets: [adminPassword],
    mismatches: {
      host: value({ host: 'elsewhere.example' }),
      port: value({ port: 1 }),
      dbname: value({ dbname: 'postgres' }),
      username: value({ username: admin }),
      masterarn: value({ masterarn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:another-AbCdEf' }),
      'without a password': value({ password: undefined, host: 'elsewhere.example' }),
    },
    context: (signal = new AbortController().signal) => ({
      target,
      secretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf',
      admin: async () => SecretValue.of(JSON.stringify({ ...place, username: admin, password: adminPassword })),
      ...(options.further && { further: options.further }),
      clock: options.clock ?? realClock,
      signal,
    }),
    async logIn(credential) {
      try {
        await (await session(credential)).end();
        return 'accepted';
      } catch (error) {
        if (error instanceof pg.DatabaseError && /^28(P01|000)$/.test(error.code ?? '')) return 'refused';
        throw error;
      }
    },
    async use(credential): Promise<Use> {
      const client = await session(credential);
      return {
        alive: () =>
          client.query('SELECT 1').then(
            () => true,
            () => false,
          ),
        async end() {
          await client.end().catch(() => undefined);
          const gone = 'SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1';
          const user = credential.parse(JSON.parse).username;
          while ((await server.sql(gone, [user]))[0]?.['n'] !== 0);
        },
      };
    },
    spoil: (credential) =>
      credential.map((text) => JSON.stringify({ ...JSON.parse(text), password: 'never-a-password' })),
    async failedLogins() {
      const lines = await server.logLines();
      return lines.filter(({ sqlstate, user }) => /^28/.test(sqlstate) && [base, clone, admin].includes(user)).length;
    },
  };
}

/** For `describeKind`. */
export async function startHarness(options: PostgresOptions = {}): Promise<KindHarness<Target, Credential>> {
  const server = await startPostgres(options);
  // A database for each estate would take half of a crash matrix's time.
  const database = 'estates';
  await server.sql(`CREATE DATABASE ${database}`);
  return {
    kind: createKind(),
    estate: () => makeEstate(server, { database }),
    atOnce: 3,
    log: () => fromNow(() => server.log()),
    stop: () => server.stop(),
  };
}
