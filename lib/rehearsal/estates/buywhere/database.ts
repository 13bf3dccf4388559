import { randomBytes } from 'node:crypto';
import type { Target } from '../../../kinds/postgres/schema.ts';
import { logSettings } from '../../report/database-log.ts';
import { createCertificateAuthority } from '../certificates.ts';
import { type PostgresServer, startPostgres } from '../postgres-server.ts';

export interface Database {
  server: PostgresServer;
  host: string;
  port: number;
  /** PEM. */
  ca: string;
  /** Of Keyturn's own login, `adminUser`. */
  adminPassword: string;
  /** Of the login under rotation, the base role itself. */
  password: string;
}

export const adminUser = 'keyturn';

/** A server that is reached by TLS. It logs every statement where the log is to be searched, which takes 1 GB a day. */
export async function startDatabaseServer(
  logsStatements: boolean,
): Promise<Pick<Database, 'server' | 'host' | 'port' | 'ca'>> {
  const authority = createCertificateAuthority('Rehearsal CA');
  const server = await startPostgres({
    // Node asks for the name localhost where a client connects to an address.
    tls: authority.issue(['localhost', '127.0.0.1']),
    settings: logsStatements ? logSettings : {},
    // Plaintext is for the superuser alone, who sets up.
    hba: ['host all postgres all scram-sha-256', 'hostnossl all all all reject'],
  });
  return { server, host: server.host, port: server.port, ca: authority.certificate };
}

/** The roles that an engineer grants before Keyturn comes, the database, and its one table. */
export async function setUpDatabase(
  server: PostgresServer,
  { user, database }: Target,
): Promise<Pick<Database, 'adminPassword' | 'password'>> {
  const [adminPassword, password] = [newPassword(), newPassword()];
  const [base, admin, name] = [user, adminUser, database].map(identifier);
  const superuser = await server.connect();
  try {
    // What an engineer types into psql is not what is searched for cleartext.
    await superuser.query("SET log_statement = 'none'");
    await superuser.query(`CREATE ROLE ${base} LOGIN PASSWORD '${password}'`);
    await superuser.query(`CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD '${adminPassword}'`);
    await superuser.query(`GRANT ${base} TO ${admin} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`);
    await superuser.query(`GRANT pg_signal_backend TO ${admin}`);
    await superuser.query(`CREATE DATABASE ${name} OWNER ${base}`);
  } finally {
    await superuser.end();
  }
  await server.sql(
    `SET ROLE ${base}; CREATE TABLE visits (id bigserial PRIMARY KEY, service text NOT NULL, at timestamptz DEFAULT now())`,
    undefined,
    database,
  );
  return { adminPassword, password };
}

/** 192 bits, with the marks that URLs, shells and JSON treat in their own ways. */
export function newPassword(): string {
  return `${randomBytes(24).toString('base64')}%&"@:`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
