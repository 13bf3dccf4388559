import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { guardFolder } from './guard.ts';

const run = promisify(execFile);
/** sshd wants to be called by its whole path: it starts itself again for each connection. */
const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));

/** Undefined: not installed on this machine. `-V` is an unknown option to older ones, which then name themselves too. */
export const sshdVersion =
  program === undefined || spawnSync('ssh-keygen', ['-?']).error !== undefined
    ? undefined
    : /OpenSSH_([^\s,]+)/.exec(spawnSync(program, ['-V'], { encoding: 'utf8' }).stderr ?? '')?.[1];

/** What to say where it is not. */
export const sshdMissing =
  sshdVersion === undefined
    ? 'sshd is not installed (Debian: apt-get install openssh-server openssh-client)'
    : undefined;

/** Where root's sshd locks its unprivileged half up; the package's service makes it when it starts. */
const lockUp = '/run/sshd';

export interface SshdOptions {
  /** Further lines of the configuration; of one that is given twice sshd takes the first, and these come first. */
  settings?: readonly string[];
}

/** A real sshd on loopback that lets this process's own user in. */
export interface SshdServer {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** The one OS user who may log in. */
  readonly user: string;
  /** `SHA256:…` of its host key. */
  readonly hostKey: string;
  /** The public half, `ssh-ed25519 AAAA…`. */
  readonly hostKeyLine: string;
  /** The file whose lines it accepts. */
  readonly authorizedKeys: string;
  /** What its syslog writes, in rsyslog's format. */
  readonly log: string;
  logged(): Promise<string>;
  /** Ends it as a crash does, and starts it again on the same port. Its sessions live on. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * On a free port of 127.0.0.1, in a temporary folder, as this process's own user, root or not. Leaves nothing behind,
 * however this process ends, but the empty folder /run/sshd where root had none.
 */
export async function startSshd(options: SshdOptions = {}): Promise<SshdServer> {
  if (program === undefined) throw new Error('sshd is not installed');
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-sshd-'));
  const release = guardFolder(folder);
  const at = (name: string) => join(folder, name);
  const { username: user, uid } = userInfo();
  if (uid === 0) await mkdir(lockUp, { recursive: true, mode: 0o755 });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', at('host-key')]);
  await mkdir(at('keys'), { mode: 0o755 });
  await writeFile(at('keys/authorized'), '', { mode: 0o600 });
  await writeFile(at('auth.log'), '');
  const port = await freePort();
  await writeFile(at('sshd_config'), `${[...(options.settings ?? []), ...lines(folder, port)].join('\n')}\n`);

  let server: ChildProcess | undefined;
  const kill = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    server = spawn(program, ['-D', '-e', '-f', at('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    syslog(server, at('auth.log'));
    const deadlineMs = Date.now() + 20_000;
    while (!(await listens(port))) {
      if (server.exitCode !== null || Date.now() > deadlineMs)
        throw new Error(`sshd did not come up: ${await readFile(at('auth.log'), 'utf8')}`);
      await wait(10);
    }
  };
  const stop = async () => {
    await kill();
    await endSessions(await readFile(at('auth.log'), 'utf8').catch(() => ''));
    await rm(folder, { recursive: true, force: true });
    release();
  };
  try {
    await start();
    const [type = '', blob = ''] = (await readFile(at('host-key.pub'), 'utf8')).split(' ');
    const { stdout } = await run('ssh-keygen', ['-l', '-E', 'sha256', '-f', at('host-key.pub')]);
    return {
      host: '127.0.0.1',
      port,
      folder,
      user,
      hostKey: stdout.split(' ')[1] ?? '',
      hostKeyLine: `${type} ${blob.trim()}`,
      authorizedKeys: at('keys/authorized'),
      log: at('auth.log'),
      logged: () => readFile(at('auth.log'), 'utf8'),
      async restart() {
        await kill();
        await start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function lines(folder: string, port: number): string[] {
  const at = (name: string) => join(folder, name);
  return [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${at('host-key')}`,
    `PidFile ${at('server.pid')}`,
    `AuthorizedKeysFile ${at('keys/authorized')}`,
    // The folders above are /tmp's, which everybody may write.
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PubkeyAuthentication yes',
    'UseDNS no',
    'MaxStartups 200',
    // The default of OpenSSH 9 (sntrup761) costs a login most of its time.
    'KexAlgorithms curve25519-sha256',
    'PrintMotd no',
    // bash reads the user's own ~/.bashrc for a command of sshd's, unless it is told that it is not the first shell.
    'SetEnv SHLVL=1',
    'LogLevel VERBOSE',
    // The process that accepts, which syslog names and standard error leaves out.
    'LogVerbose auth.c:auth_log():*',
  ];
}

/** `auth.c:auth_log():339 (bin=sshd-session, uid=0, pid=4711): Accepted publickey for …`, older: `(pid=4711)`; or the text alone. */
const SPOKEN = /^(?:\S+ \((?:bin=([\w-]+), )?(?:uid=\d+, )?pid=(\d+)\): )?(.*?)\s*$/;

/** What rsyslog makes of it: a line with the instant, the host, the program and the process, as in Debian's /var/log/auth.log. */
function syslog(server: ChildProcess, file: string): void {
  if (server.stderr === null) return;
  createInterface({ input: server.stderr }).on('line', (line) => {
    const [, name = 'sshd', pid = server.pid, text = ''] = SPOKEN.exec(line) ?? [];
    const instant = new Date().toISOString().replace('Z', '000+00:00');
    // At once: whoever reads the log after a login must see it. The folder may be gone with the server.
    if (existsSync(file)) appendFileSync(file, `${instant} ${hostname()} ${name}[${pid}]: ${text}\n`);
  });
}

/** Sessions are processes of their own, which outlive their server; the log has their numbers. */
async function endSessions(log: string): Promise<void> {
  for (const [, pid = ''] of log.matchAll(/\[(\d+)\]: Accepted /g)) {
    const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (title.startsWith('sshd')) process.kill(Number(pid), 'SIGKILL');
  }
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

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
