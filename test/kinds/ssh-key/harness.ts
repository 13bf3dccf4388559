import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../../lib/core/clock.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { type Credential, parseCredential } from '../../../lib/kinds/ssh-key/credential.ts';
import { sshKey } from '../../../lib/kinds/ssh-key/facts.ts';
import { createKind } from '../../../lib/kinds/ssh-key/index.ts';
import { newKeyPair } from '../../../lib/kinds/ssh-key/key-pair.ts';
import { parseTarget, type Target } from '../../../lib/kinds/ssh-key/schema.ts';
import { openUse as openService } from '../../../lib/rehearsal/estates/services/uses/ssh-key.ts';
import { clientArguments } from '../../../lib/rehearsal/stand-ins/ssh-key/ssh.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { Ssm } from '../../../lib/simulator/services/ssm/ssm.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';
import type { KindEstate, KindHarness, Use } from '../../support/describe-kind.ts';
import { type SshdOptions, type SshdServer, startSshd } from '../../support/sshd-server.ts';

export interface Hosts {
  world: SimulatedWorld;
  ssm: Ssm;
  /** One sshd each, on one machine. */
  servers: SshdServer[];
  stop(): Promise<void>;
}

/** Sleeps only until Systems Manager has nothing to do: each command is then polled once. Time itself is the machine's. */
function impatientClock(ssm: Ssm): Clock {
  return {
    nowMs: () => Date.now(),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      await Promise.race([ssm.runCommand.idle(), wait(ms)]);
    },
  };
}

export const instanceIdOf = (at: number) => `i-0123456789abcdef${at}`;

/**
 * Managed nodes: for each an sshd, and a shell that Systems Manager's simulator sends scripts to. The kind talks to it over
 * the wire as a principal that has exactly the statements of its facts; the AWS_* variables are this process's.
 */
export async function startHosts(options: SshdOptions & { count?: number } = {}): Promise<Hosts> {
  const world = await startSimulator({ iamPropagationMs: 0, visibleMs: 0, deliveryMs: 1 });
  const ssm = world.service<Ssm>('ssm');
  const servers: SshdServer[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await world.close();
  };
  try {
    for (let at = 0; at < (options.count ?? 1); at += 1) {
      const server = await startSshd(options);
      servers.push(server);
      const folder = join(server.folder, 'agent');
      await mkdir(folder);
      ssm.runCommand.register({ instanceId: instanceIdOf(at), tags: { 'keyturn:ssh': 'true' }, folder });
    }
    await asPrincipal(world, 'keyturn');
    return { world, ssm, servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** From now on this process is a user with the kind's own permissions, or with others. */
async function asPrincipal(world: SimulatedWorld, userName: string): Promise<void> {
  const iam = world.service<Iam>('iam');
  const place = { partition: 'aws', region: world.region, account: world.accountId };
  const statements = [...sshKey.needs.rotate(place), ...sshKey.needs.retire(place)];
  const Statement = statements.map(({ actions, resources, conditions }) => ({
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(conditions && { Condition: conditions }),
  }));
  await iam.createUser({ userName, policies: { needs: { Version: '2012-10-17', Statement } } });
  const { accessKeyId, secretAccessKey } = iam.createAccessKey(userName);
  process.env['AWS_ENDPOINT_URL'] = world.endpoint;
  process.env['AWS_REGION'] = world.region;
  process.env['AWS_ACCESS_KEY_ID'] = accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = secretAccessKey;
}

export interface EstateOptions {
  /** Changes to the target as the inventory says it. */
  target?: Record<string, unknown>;
  /** Which of the hosts it is at. Default: all. */
  only?: number;
  /** Default: OpenSSH's own client. */
  logIn?: (server: SshdServer, privateKey: string) => Promise<string>;
  /** Lines that stand in every authorized_keys beside the current key's. */
  lines?: readonly string[];
  clock?: Clock;
}

export interface SshEstate extends KindEstate<Target> {
  readonly secretArn: string;
  failedLogins(): Promise<number>;
}

let count = 0;

/** One key in every authorized_keys, as a person put it there. */
export async function makeEstate({ ssm, servers: all }: Hosts, options: EstateOptions = {}): Promise<SshEstate> {
  count += 1;
  const { only } = options;
  const servers = all.filter((_, at) => only === undefined || at === only);
  const [first] = servers;
  if (first === undefined) throw new Error('no host');
  const { user } = first;
  const secretArn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/deploy-${count}-AbCdEf`;
  const { privateKey, publicKey } = newKeyPair('a person');
  const { type, blob, fingerprint } = publicKey;
  for (const { authorizedKeys } of servers)
    await writeFile(authorizedKeys, [...(options.lines ?? []), `${type} ${blob} a person`, ''].join('\n'));
  const target = parseTarget({
    user,
    hosts: servers.map(({ host, port, hostKey }, at) => ({
      host,
      port,
      instanceId: instanceIdOf(only ?? at),
      hostKeys: [hostKey],
    })),
    authorizedKeys: first.authorizedKeys,
    log: first.log,
    ...options.target,
  });
  const document = { username: user, privateKey: privateKey.reveal(), publicKey: `${type} ${blob}`, fingerprint };
  const value = (changes: Record<string, unknown>) => SecretValue.of(JSON.stringify({ ...document, ...changes }));
  return {
    secretArn,
    target,
    current: value({}),
    absentIdentity: `SHA256:${'A'.repeat(43)}`,
    otherSecrets: [],
    mismatches: {
      username: value({ username: 'somebody' }),
      'without a key': value({ username: 'somebody', privateKey: undefined }),
    },
    context: (signal = new AbortController().signal) => ({
      target,
      secretArn,
      admin: noAdmin,
      clock: options.clock ?? impatientClock(ssm),
      signal,
    }),
    /** Everywhere the same, or an error. */
    async logIn(credential) {
      const answers = new Set<string>();
      for (const server of servers) answers.add(await (options.logIn ?? logInAt)(server, keyIn(credential)));
      const [answer] = answers;
      if (answers.size !== 1 || (answer !== 'accepted' && answer !== 'refused'))
        throw new Error(`the hosts answer ${[...answers].join(' and ')}`);
      return answer;
    },
    use: (credential) => openUse(first, credential, target),
    /** A key's identity is the key itself, so another one it is. */
    spoil(credential) {
      const other = newKeyPair('another');
      return credential.map((text) =>
        JSON.stringify({
          ...JSON.parse(text),
          privateKey: other.privateKey.reveal(),
          publicKey: `${other.publicKey.type} ${other.publicKey.blob}`,
          fingerprint: other.publicKey.fingerprint,
        }),
      );
    },
    async failedLogins() {
      const logs = await Promise.all(servers.map((server) => server.logged()));
      return logs.join('\n').split('Failed publickey for').length - 1;
    },
  };
}

async function noAdmin(): Promise<SecretValue> {
  throw new Error('this kind has no admin secret');
}

export function keyIn(value: SecretValue): string {
  return (JSON.parse(value.reveal()) as { privateKey: string }).privateKey;
}

export async function logInAt(server: SshdServer, privateKey: string): Promise<string> {
  const args = await clientArguments(server, privateKey);
  return new Promise((resolve) => {
    execFile('ssh', [...args, 'true'], (error, _, stderr) => {
      if (error === null) resolve('accepted');
      else resolve(/Permission denied \(publickey\)/.test(stderr) ? 'refused' : stderr || error.message);
    });
  });
}

/** As a service does it: a process for each login would take most of a crash matrix's time. */
export async function logInByDriver({ host, port, user, hostKey }: SshdServer, privateKey: string): Promise<string> {
  const settings = { hosts: [{ host, port, user, hostKey }] };
  const use = openService({ fields: { privateKey }, urls: [], settings, ca: '', service: 'a test' });
  return use.check().then(
    () => 'accepted',
    (error: { code?: string }) => (error.code === 'client-authentication' ? 'refused' : String(error.code)),
  );
}

/** A session that reads until its client ends. */
export async function openUse(server: SshdServer, value: SecretValue, target: Target): Promise<Use> {
  const client = spawn('ssh', [...(await clientArguments(server, keyIn(value))), 'echo ready; cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // sshd may end it in the middle of a word.
  client.stdin.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    client.stdout.once('data', () => resolve());
    client.once('exit', () => reject(new Error('the client was not let in')));
  });
  const fingerprint = parseCredential(value, target)?.publicKey.fingerprint ?? '';
  const lines = (await server.logged()).split('\n').filter((line) => line.endsWith(fingerprint));
  const pid = /\[(\d+)\]: Accepted /.exec(lines.findLast((line) => line.includes('Accepted publickey')) ?? '')?.[1];
  if (pid === undefined) throw new Error('the log does not show the login');
  return {
    async alive() {
      // What sshd ended, the client hears of a moment later.
      await Promise.race([closed, wait(200)]);
      return client.exitCode === null && client.signalCode === null;
    },
    async end() {
      client.kill('SIGKILL');
      await closed;
      while (existsSync(`/proc/${pid}`)) await wait(5);
    },
  };
}

export async function linesAt({ authorizedKeys }: SshdServer): Promise<string[]> {
  return (await readFile(authorizedKeys, 'utf8')).split('\n').filter((line) => line !== '');
}

/** For `describeKind` and the crash matrix: several hosts, each for one estate at a time. */
export async function startHarness({
  logIn = logInByDriver,
  atOnce = 3,
  ...options
}: SshdOptions & { atOnce?: number } & Pick<EstateOptions, 'logIn'> = {}): Promise<KindHarness<Target, Credential>> {
  const hosts = await startHosts({ ...options, count: atOnce });
  const free = [...hosts.servers.keys()];
  return {
    kind: createKind(),
    // A shell at the host and two logins, on a machine that does other things too.
    promotionSeconds: 4,
    atOnce,
    async estate() {
      const only = free.shift() ?? 0;
      const estate = await makeEstate(hosts, { only, logIn });
      return { ...estate, release: () => void free.push(only) };
    },
    stop: () => hosts.stop(),
  };
}
