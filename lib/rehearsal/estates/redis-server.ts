import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { guardFolder } from './guard.ts';

const run = promisify(execFile);

/** Undefined: not installed on this machine. */
export const redisVersion = /v=(\S+)/.exec(
  spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)?.[1];

/** What to say where it is not. */
export const redisMissing =
  redisVersion === undefined ? 'Redis is not installed (Debian: apt-get install redis-server)' : undefined;

export interface RedisOptions {
  /** Beside the primary. Default 0. */
  replicas?: number;
  /** Where users are kept over a restart. Default `aclfile`. */
  users?: 'aclfile' | 'config' | 'nowhere';
  /** Further lines of the configuration, such as `requirepass x`. */
  settings?: readonly string[];
  /** Further users, as the ACL file or the configuration has them: `user default on >x ~* &* +@all`. */
  acl?: readonly string[];
  /** PEM; the servers then speak TLS only. */
  tls?: { certificate: string; key: string; ca: string };
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
  /** What its certificate is verified with, PEM; undefined where it speaks no TLS. */
  readonly ca: string | undefined;
  /** One command as the operator, by redis-cli. */
  command(...args: readonly string[]): Promise<string>;
  /** The same, its reply as JSON. */
  json<T>(...args: readonly string[]): Promise<T>;
  /** Ends it as a crash does, and starts it again with what it has kept. */
  restart(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  readonly folder: string;
}

export interface RedisServers {
  readonly primary: RedisNode;
  /** Primary first. */
  readonly nodes: readonly RedisNode[];
  /** What all of them have logged. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** A user of the tests' own, who may do everything. */
export const operator = { user: 'operator', password: 'operator-password' };

/** A primary and its replicas on free ports of 127.0.0.1, in a temporary folder. Leaves nothing behind, however this process ends. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServers> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-redis-'));
  const release = guardFolder(folder);
  const nodes: RedisNode[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(folder, { recursive: true, force: true });
    release();
  };
  try {
    for (let at = 0; at <= (options.replicas ?? 0); at += 1) {
      nodes.push(await startNode(join(folder, `node-${at}`), options, nodes[0]?.port));
    }
    const [primary] = nodes;
    if (primary === undefined) throw new Error('no node');
    await until(async () =>
      (await primary.command('INFO', 'replication')).includes(`connected_slaves:${nodes.length - 1}`),
    );
    const log = async () =>
      (await Promise.all(nodes.map((node) => readFile(join(node.folder, 'log'), 'utf8')))).join('\n');
    return { primary, nodes, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNode(folder: string, options: RedisOptions, primaryPort: number | undefined): Promise<RedisNode> {
  await mkdir(folder);
  const port = await freePort();
  const { users = 'aclfile', tls } = options;
  const logins = [`user ${operator.user} on >${operator.password} ~* &* +@all`, ...(options.acl ?? [])];
  const replication = [
    `replicaof 127.0.0.1 ${primaryPort}`,
    `masteruser ${operator.user}`,
    `masterauth ${operator.password}`,
  ];
  const lines = [
    ...(tls ? ['port 0', `tls-port ${port}`, ...(await tlsLines(folder, tls))] : [`port ${port}`]),
    'bind 127.0.0.1',
    `dir ${folder}`,
    `pidfile ${join(folder, 'server.pid')}`,
    'save ""',
    'repl-diskless-sync-delay 0',
    ...(users === 'aclfile' ? [`aclfile ${join(folder, 'users.acl')}`] : logins),
    // Given again in `settings`, the later line counts.
    ...(primaryPort === undefined ? [] : replication),
    ...(options.settings ?? []),
  ];
  if (users === 'aclfile') await writeFile(join(folder, 'users.acl'), `${logins.join('\n')}\n`);
  const config = join(folder, 'redis.conf');
  await writeFile(config, `${lines.join('\n')}\n`);

  let server: Running;
  const start = async () => {
    // By standard input there is a configuration, but no file to keep anything in.
    server = await spawnServer(folder, users === 'nowhere' ? lines : config);
    await until(async () => {
      if (server.process.exitCode !== null) throw new Error(await readFile(join(folder, 'log'), 'utf8'));
      return await listens(port);
    });
    await until(async () => !/LOADING/.test(await command('PING')));
  };
  const cli = ['-p', String(port), '--no-auth-warning', ...(tls ? ['--tls', '--cacert', join(folder, 'ca.pem')] : [])];
  const command = async (...args: readonly string[]) => {
    const env = { ...process.env, REDISCLI_AUTH: operator.password };
    const { stdout } = await run('redis-cli', [...cli, '--user', operator.user, ...args], { env, maxBuffer: 1e8 });
    return stdout.trimEnd();
  };
  const kill = async () => {
    server.process.kill('SIGKILL');
    await server.ended;
  };
  await start();
  return {
    host: '127.0.0.1',
    port,
    ca: tls?.ca,
    folder,
    command,
    json: async (...args) => JSON.parse(await command('--json', ...args)),
    kill,
    async restart() {
      await kill();
      await start();
    },
  };
}

async function tlsLines(folder: string, { certificate, key, ca }: NonNullable<RedisOptions['tls']>): Promise<string[]> {
  const files = { cert: certificate, key, ca };
  for (const [name, pem] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), pem, { mode: 0o600 });
  const at = (name: keyof typeof files) => join(folder, `${name}.pem`);
  return [
    `tls-cert-file ${at('cert')}`,
    `tls-key-file ${at('key')}`,
    `tls-ca-cert-file ${at('ca')}`,
    'tls-auth-clients no',
    'tls-replication yes',
  ];
}

interface Running {
  process: ChildProcess;
  ended: Promise<void>;
}

async function spawnServer(folder: string, config: string | readonly string[]): Promise<Running> {
  const log = await open(join(folder, 'log'), 'a');
  const fromInput = typeof config !== 'string';
  const server = spawn('redis-server', [fromInput ? '-' : config], { stdio: ['pipe', log.fd, log.fd] });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  server.stdin?.end(fromInput ? config.join('\n') : '');
  await log.close();
  return { process: server, ended };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const connected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return connected;
}

async function until(come: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await come())) {
    if (Date.now() > deadlineMs) throw new Error('Redis did not come up');
    await wait(25);
  }
}
