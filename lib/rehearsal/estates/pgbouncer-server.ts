import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chown, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { guardFolder } from './guard.ts';
import { ownedFile, unprivileged } from './unprivileged.ts';

/** Debian installs it where a user's PATH may not lead. */
const program = ['pgbouncer', '/usr/sbin/pgbouncer'].find(
  (command) => spawnSync(command, ['--version'], { encoding: 'utf8' }).status === 0,
);

/** Undefined: not installed on this machine. */
export const pgbouncerVersion =
  program && /PgBouncer (\S+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout)?.[1];

/** What to say where it is not. */
export const pgbouncerMissing = 'PgBouncer is not installed (Debian: apt-get install pgbouncer)';

export interface PgbouncerOptions {
  /** The PostgreSQL that it leads to, under every database's own name. */
  upstream: { host: string; port: number };
  /** Lines of its auth_file beside the console's. */
  userlist?: string;
  /** Further settings, such as `{ pool_mode: 'transaction' }`. */
  settings?: Readonly<Record<string, string | number>>;
  /** A server certificate and its key, PEM; clients must then speak TLS. */
  tls?: { certificate: string; key: string };
}

/** A pooler in a temporary folder on a free port of 127.0.0.1. */
export interface PgbouncerServer {
  readonly host: string;
  readonly port: number;
  /** The console's line of the auth_file, which every list needs. */
  readonly consoleLine: string;
  /** Puts another text in place of the auth_file, as an agent on its host does: it is read at the next RELOAD. */
  deliver(userlist: string): Promise<void>;
  /** One command at its admin console. */
  command(text: string): Promise<Record<string, unknown>[]>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Logins at the admin console: one that may do everything, one that only looks. */
export const consoleLogin = { username: 'console', password: 'console-password' };
export const statsLogin = { username: 'stats', password: 'stats-password' };

const consoleLine = [consoleLogin, statsLogin].map((login) => `"${login.username}" "${login.password}"\n`).join('');

/** Runs as root too: it then runs as another user. Leaves nothing behind, however this process ends. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<PgbouncerServer> {
  if (program === undefined) throw new Error('PgBouncer is not installed');
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-pgbouncer-'));
  const release = guardFolder(folder);
  const owner = unprivileged(['postgres', 'nobody']);
  if (owner.uid !== undefined) await chown(folder, owner.uid, owner.gid ?? owner.uid);
  const port = await freePort();
  const userlist = join(folder, 'userlist.txt');
  const deliver = async (text: string) => {
    // Whole at every instant: a RELOAD may come in the middle.
    await rename(await ownedFile(`${userlist}.new`, text, owner), userlist);
  };
  await deliver(`${consoleLine}${options.userlist ?? ''}`);
  const settings: Record<string, string | number> = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: userlist,
    admin_users: consoleLogin.username,
    stats_users: statsLogin.username,
    pidfile: join(folder, 'server.pid'),
    ...options.settings,
  };
  if (options.tls) {
    settings['client_tls_sslmode'] = 'require';
    settings['client_tls_cert_file'] = await ownedFile(join(folder, 'server.crt'), options.tls.certificate, owner);
    settings['client_tls_key_file'] = await ownedFile(join(folder, 'server.key'), options.tls.key, owner);
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const { host, port: upstreamPort } = options.upstream;
  const text = ['[databases]', `* = host=${host} port=${upstreamPort}`, '[pgbouncer]', ...lines, ''].join('\n');
  const config = await ownedFile(join(folder, 'pgbouncer.ini'), text, owner);

  const logFile = join(folder, 'log');
  const log = await open(logFile, 'a');
  const server = spawn(program, [config], { stdio: ['ignore', log.fd, log.fd], cwd: folder, ...owner });
  await log.close();
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const stop = async () => {
    server.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
    release();
  };
  const readLog = () => readFile(logFile, 'utf8');
  try {
    await ready(server, readLog);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: '127.0.0.1',
    port,
    consoleLine,
    deliver,
    async command(statement) {
      const { username: user, password } = consoleLogin;
      const ssl = options.tls ? { rejectUnauthorized: false } : false;
      const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'pgbouncer', ssl });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return (await client.query(statement)).rows;
      } finally {
        await client.end();
      }
    },
    log: readLog,
    stop,
  };
}

async function ready(server: ChildProcess, readLog: () => Promise<string>): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!/process up/.test(await readLog())) {
    if (server.exitCode !== null || Date.now() > untilMs)
      throw new Error(`PgBouncer did not start:\n${await readLog()}`);
    await wait(25);
  }
}
