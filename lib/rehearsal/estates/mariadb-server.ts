import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Connection, createConnection } from 'mysql2/promise';
import { freePort } from './free-port.ts';
import { guardFolder } from './guard.ts';
import { keepRunning, type Running } from './running.ts';
import { type Owner, ownedFile, unprivileged } from './unprivileged.ts';

const server = '/usr/sbin/mariadbd';
const installer = '/usr/bin/mariadb-install-db';

/** What to say where Debian's `mariadb-server` is not installed. */
export const mariadbMissing =
  existsSync(server) && existsSync(installer)
    ? undefined
    : 'MariaDB is not installed (Debian: apt-get install mariadb-server)';

export interface MariadbOptions {
  /** Options of mariadbd, such as `{ plugin_load_add: 'simple_password_check' }`. */
  settings?: Readonly<Record<string, string | number>>;
  /** A server certificate and its key, PEM; TLS is on then, beside plaintext. */
  tls?: { certificate: string; key: string };
  /** Also start a replica. */
  replica?: boolean;
}

/** One line of the general log. */
export interface LogLine {
  /** The connection's number. */
  connection: number;
  command: string;
  text: string;
}

/** A server in a temporary folder on a free port of 127.0.0.1. */
export interface MariadbServer {
  readonly host: string;
  readonly port: number;
  readonly replicaPort: number | undefined;
  /** One statement as root. */
  sql(text: string, at?: { replica?: boolean }): Promise<Record<string, unknown>[]>;
  /** Root's session: the caller ends it. */
  connect(at?: { replica?: boolean }): Promise<Connection>;
  /** The general log so far: every statement of every session. */
  log(): Promise<string>;
  logLines(): Promise<LogLine[]>;
  /** Shuts it down and starts it again at the same port, after `awayMs`: sessions are lost. The replica stays. */
  restart(awayMs: number): Promise<void>;
  stop(): Promise<void>;
}

const rootPassword = 'root-password';

/** About 1.5 s. Runs as root too: the server then runs as another user. Leaves nothing behind, however this process ends. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-mariadb-'));
  const release = guardFolder(folder);
  const running: Running[] = [];
  async function stop(): Promise<void> {
    await Promise.all(running.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
    release();
  }
  try {
    return await startIn(folder, running, stop, options);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startIn(
  folder: string,
  running: Running[],
  stop: () => Promise<void>,
  options: MariadbOptions,
): Promise<MariadbServer> {
  const owner = unprivileged(['mysql', 'nobody']);
  if (owner.uid !== undefined) await chown(folder, owner.uid, owner.gid ?? owner.uid);
  const data = join(folder, 'data');
  await promisify(execFile)(
    installer,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${folder}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { ...owner, cwd: folder },
  );
  const settings: Record<string, string | number> = { ...options.settings };
  if (options.tls) {
    settings['ssl_cert'] = await ownedFile(join(folder, 'server.crt'), options.tls.certificate, owner);
    settings['ssl_key'] = await ownedFile(join(folder, 'server.key'), options.tls.key, owner);
  }

  const port = await freePort();
  let replicaPort: number | undefined;
  if (options.replica) {
    // A server that was just installed and never ran is a backup as it is.
    await cp(data, join(folder, 'replica'), { recursive: true });
    if (owner.uid !== undefined) await promisify(execFile)('chown', ['-R', `${owner.uid}:${owner.gid}`, folder]);
    replicaPort = await freePort();
    running.push(await run(folder, 'replica', replicaPort, { ...settings, server_id: 2, read_only: 1 }, owner));
    Object.assign(settings, { server_id: 1, log_bin: join(folder, 'binlog') });
  }
  const writer = await run(folder, 'data', port, settings, owner);
  running.push(writer);

  const connect: MariadbServer['connect'] = async ({ replica = false } = {}) => {
    const at = replica ? (replicaPort ?? port) : port;
    const session = await createConnection({
      host: '127.0.0.1',
      port: at,
      user: 'root',
      password: rootPassword,
      multipleStatements: true,
      supportBigNumbers: true,
    });
    session.on('error', () => undefined);
    // A test may change the server's own.
    await session.query(`SET SESSION sql_mode = 'STRICT_ALL_TABLES'`);
    return session;
  };
  const sql: MariadbServer['sql'] = async (text, at) => {
    const session = await connect(at);
    try {
      const [rows] = await session.query(text);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } finally {
      await session.end();
    }
  };
  for (const at of replicaPort === undefined ? [port] : [replicaPort, port]) await takeOver(at);
  if (replicaPort !== undefined) {
    await sql(
      `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${port}, MASTER_USER = 'root', MASTER_PASSWORD = '${rootPassword}',
        MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos; START SLAVE`,
      { replica: true },
    );
  }
  const log = () => readFile(join(folder, 'data.general'), 'utf8');
  return {
    host: '127.0.0.1',
    port,
    replicaPort,
    sql,
    connect,
    log,
    async logLines() {
      const entries = (await log()).matchAll(/^(?:\d{6} [ \d:]{8})?\t+ *(\d+) ([A-Z][A-Za-z ]*)\t(.*)$/gm);
      return [...entries].map(([, connection, command = '', text = '']) => ({
        connection: Number(connection),
        command,
        text,
      }));
    },
    restart: (awayMs) => writer.restart(awayMs),
    stop,
  };
}

/** Root has no password at first. Neither logged nor replicated. */
async function takeOver(port: number): Promise<void> {
  const session = await createConnection({ host: '127.0.0.1', port, user: 'root', multipleStatements: true });
  await session.query(`SET SESSION sql_log_bin = 0; SET SESSION sql_log_off = 1;
    ALTER USER root@'127.0.0.1' IDENTIFIED BY '${rootPassword}', root@localhost IDENTIFIED BY '${rootPassword}'`);
  await session.end();
}

async function run(
  folder: string,
  name: string,
  port: number,
  settings: Readonly<Record<string, string | number>>,
  owner: Owner,
): Promise<Running> {
  const all: Record<string, string | number> = {
    datadir: join(folder, name),
    tmpdir: folder,
    socket: join(folder, `${name}.sock`),
    pid_file: join(folder, `${name}.pid`),
    bind_address: '127.0.0.1',
    port,
    skip_name_resolve: 1,
    general_log: 1,
    general_log_file: join(folder, `${name}.general`),
    innodb_log_file_size: '8M',
    innodb_buffer_pool_size: '16M',
    innodb_flush_log_at_trx_commit: 0,
    ...settings,
  };
  const flags = Object.entries(all).map(([option, value]) => `--${option}=${value}`);
  return keepRunning({
    title: 'MariaDB',
    command: server,
    args: ['--no-defaults', ...flags],
    options: { ...owner, cwd: folder },
    logFile: join(folder, `${name}.error`),
    ready: /ready for connections/,
    // The data folder goes anyway.
    signals: { restart: 'SIGTERM', stop: 'SIGKILL' },
  });
}
