import { type Connection, createConnection } from 'mysql2/promise';
import type { Clock } from '../../../lib/core/clock.ts';
import type { KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Credential } from '../../../lib/kinds/mysql/credential.ts';
import { createKind } from '../../../lib/kinds/mysql/index.ts';
import { accountName, identifier, literal } from '../../../lib/kinds/mysql/quote.ts';
import { parseTarget, type Target } from '../../../lib/kinds/mysql/schema.ts';
import { realClock } from '../../support/clocks.ts';
import type { KindEstate, KindHarness, Use } from '../../support/describe-kind.ts';
import { fromNow } from '../../support/leaks.ts';
import { type MariadbOptions, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';

export const plaintext = { plaintext: 'a server on loopback, for a test' };

export interface EstateOptions {
  /** The base user's name. Default: a new one. */
  user?: string;
  /** Its hosts. Default: `%`. */
  hosts?: readonly string[];
  /** Its database's name. Default: a new one. */
  database?: string;
  /** Changes to the target as the inventory says it. */
  target?: Record<string, unknown>;
  /** What the admin is granted on *.*. Default: all that Keyturn needs itself. */
  admin?: readonly string[];
  clock?: Clock;
}

export interface MysqlEstate extends KindEstate<Target> {
  readonly base: string;
  readonly clone: string;
  readonly admin: string;
  readonly adminPassword: string;
  readonly database: string;
  /** A session under the value's login, at the writer or elsewhere. The caller ends it. */
  session(value: SecretValue, at?: { port?: number }): Promise<Connection>;
  context(signal?: AbortSignal): KindContext<Target>;
  failedLogins(): Promise<number>;
}

let count = 0;

/** What the README grants, where the base has its own database: CREATE USER, PROCESS, CONNECTION ADMIN. */
const needed = ['CREATE USER', 'PROCESS', 'CONNECTION ADMIN'];

/** A database, a base user with everything in it, and an admin, all of their own. */
export async function makeEstate(server: MariadbServer, options: EstateOptions = {}): Promise<MysqlEstate> {
  count += 1;
  const base = options.user ?? `app${count}`;
  const clone = `${base}_clone`;
  const admin = `rotator${count}`;
  const database = options.database ?? `estate${count}`;
  const adminPassword = `admin-password-${count}`;
  const password = `first-password-${count}`;
  const rights = options.admin ?? needed;
  const pattern = database.replaceAll(/[\\_%]/g, '\\$&');
  await server.sql(`CREATE DATABASE ${identifier(database)}`);
  for (const host of options.hosts ?? ['%']) {
    const account = accountName({ user: base, host });
    await server.sql(`CREATE USER ${account} IDENTIFIED BY ${literal(password)}`);
    await server.sql(`GRANT ALL PRIVILEGES ON ${identifier(pattern)}.* TO ${account}`);
  }
  await server.sql(`CREATE USER ${admin}@'%' IDENTIFIED BY ${literal(adminPassword)}`);
  await server.sql(`GRANT SELECT ON mysql.* TO ${admin}@'%'`);
  if (rights.length > 0) await server.sql(`GRANT ${rights.join(', ')} ON *.* TO ${admin}@'%'`);
  await server.sql(`GRANT ALL PRIVILEGES ON ${identifier(pattern)}.* TO ${admin}@'%' WITH GRANT OPTION`);

  const place = { host: server.host, port: server.port };
  const target = parseTarget({
    ...place,
    engine: 'mariadb',
    database,
    user: base,
    adminSecret: 'db/admin',
    tls: plaintext,
    ...options.target,
  });
  const document = {
    engine: 'mariadb',
    ...place,
    username: base,
    password,
    dbname: database,
    masterarn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/admin-AbCdEf',
  };
  const value = (changes: Record<string, unknown>) => SecretValue.of(JSON.stringify({ ...document, ...changes }));
  const session: MysqlEstate['session'] = async (credential, at = {}) => {
    const { username, password } = credential.parse(JSON.parse);
    const client = await createConnection({ ...place, ...at, database, user: username, password });
    client.on('error', () => undefined);
    return client;
  };
  return {
    base,
    clone,
    admin,
    adminPassword,
    database,
    target,
    session,
    current: value({}),
    absentIdentity: clone,
    otherSecrets: [adminPassword],
    mismatches: {
      host: value({ host: 'elsewhere.example' }),
      port: value({ port: 1 }),
      dbname: value({ dbname: 'mysql' }),
      username: value({ username: admin }),
      masterarn: value({ masterarn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:another-AbCdEf' }),
      'without a password': value({ password: undefined, host: 'elsewhere.example' }),
    },
    context: (signal = new AbortController().signal) => ({
      target,
      secretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf',
      admin: async () => SecretValue.of(JSON.stringify({ ...place, username: admin, password: adminPassword })),
      clock: options.clock ?? realClock,
      signal,
    }),
    async logIn(credential) {
      try {
        await (await session(credential)).end();
        return 'accepted';
      } catch (error) {
        if ([1045, 4151].includes((error as { errno?: number }).errno ?? 0)) return 'refused';
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
          client.destroy();
          const gone = `SELECT 1 FROM information_schema.processlist WHERE id = ${client.threadId}`;
          while ((await server.sql(gone)).length > 0);
        },
      };
    },
    spoil: (credential) =>
      credential.map((text) => JSON.stringify({ ...JSON.parse(text), password: 'never-a-password' })),
    async failedLogins() {
      const [row] = await server.sql(`SHOW GLOBAL STATUS LIKE 'Aborted_connects'`);
      return Number(row?.['Value']);
    },
  };
}

/** For `describeKind`. */
export async function startHarness(options: MariadbOptions = {}): Promise<KindHarness<Target, Credential>> {
  const server = await startMariadb(options);
  return {
    kind: createKind(),
    estate: () => makeEstate(server),
    log: () => fromNow(() => server.log()),
    stop: () => server.stop(),
  };
}
