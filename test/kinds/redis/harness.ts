import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../../lib/core/clock.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { createKind } from '../../../lib/kinds/redis/index.ts';
import { parseTarget, type Target } from '../../../lib/kinds/redis/schema.ts';
import type { Credential } from '../../../lib/kinds/shared/redis-user/credential.ts';
import { realClock } from '../../support/clocks.ts';
import type { KindEstate, KindHarness, Use } from '../../support/describe-kind.ts';
import { fromNow } from '../../support/leaks.ts';
import { operator, type RedisOptions, type RedisServers, startRedis } from '../../support/redis-server.ts';

export const plaintext = { plaintext: 'a server on loopback, for a test' };

export interface EstateOptions {
  /** Default: a new one. */
  user?: string;
  /** Its rules beside the password. */
  rules?: readonly string[];
  /** Changes to the target as the inventory says it. */
  target?: Record<string, unknown>;
  /** The admin's rules. */
  admin?: readonly string[];
  clock?: Clock;
}

export interface RedisEstate extends KindEstate<Target> {
  readonly user: string;
  readonly admin: string;
  failedLogins(): Promise<number>;
}

let count = 0;

export const adminRules = ['+acl', '+config', '+client', '+info', '+cluster|info', '+multi', '+exec'];

/** A user with one password at every server, and an admin, both of their own. */
export async function makeEstate(servers: RedisServers, options: EstateOptions = {}): Promise<RedisEstate> {
  count += 1;
  const user = options.user ?? `app${count}`;
  const admin = `rotator${count}`;
  const [password, adminPassword] = [`first-password-${count}`, `admin-password-${count}`];
  const { nodes, primary } = servers;
  const rules = options.rules ?? ['~app:*', '&news', '+@read', '+@write', '+ping', '-@dangerous'];
  for (const node of nodes) {
    const session = await operatorAt(node);
    await session.command('ACL', 'SETUSER', user, 'on', `>${password}`, ...rules);
    await session.command('ACL', 'SETUSER', admin, 'on', `>${adminPassword}`, ...(options.admin ?? adminRules));
    if ((await session.command('ACL', 'SAVE')) !== 'OK') await session.command('CONFIG', 'REWRITE');
    await session.end();
  }
  const place = { host: primary.host, port: primary.port };
  const target = parseTarget({
    ...place,
    nodes: nodes.map(({ host, port }) => ({ host, port })),
    user,
    adminSecret: 'cache/admin',
    tls: plaintext,
    ...options.target,
  });
  const document = { engine: 'redis', ...place, username: user, password };
  const value = (changes: Record<string, unknown>) => SecretValue.of(JSON.stringify({ ...document, ...changes }));
  return {
    user,
    admin,
    target,
    current: value({}),
    absentIdentity: `${user}#0123456789abcdef`,
    otherSecrets: [adminPassword, sha256(password), sha256(adminPassword)],
    mismatches: {
      host: value({ host: 'elsewhere.example' }),
      port: value({ port: 1 }),
      username: value({ username: admin }),
      'no username, which means default': value({ username: undefined }),
      'without a password': value({ password: undefined, host: 'elsewhere.example' }),
    },
    context: (signal = new AbortController().signal) => ({
      target,
      secretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf',
      admin: async () => SecretValue.of(JSON.stringify({ username: admin, password: adminPassword })),
      clock: options.clock ?? realClock,
      signal,
    }),
    logIn: (credential) => logInEverywhere(nodes, credential),
    promotion: passPromotion,
    use: (credential) => openUse(primary.port, credential),
    spoil,
    failedLogins: () => failedLoginsOf(nodes, [user, admin]),
  };
}

/** Everywhere the same, or an error. */
export async function logInEverywhere(
  nodes: RedisServers['nodes'],
  credential: SecretValue,
  ca?: string,
): Promise<'accepted' | 'refused'> {
  const answers = new Set<string>();
  for (const { port } of nodes) answers.add(await logInAt(port, credential, ca));
  const [answer] = answers;
  if (answers.size !== 1 || (answer !== 'accepted' && answer !== 'refused')) {
    throw new Error(`the servers answer ${[...answers].join(' and ')}`);
  }
  return answer;
}

export async function passPromotion(): Promise<number> {
  // CLIENT LIST has ages in whole seconds: a second of doubt, and one of rounding.
  const promotedAtMs = Date.now() + 1;
  while (Date.now() < promotedAtMs + 2_000) await wait(50);
  return promotedAtMs;
}

export function spoil(credential: SecretValue): SecretValue {
  return credential.map((text) => JSON.stringify({ ...JSON.parse(text), password: 'never-a-password' }));
}

export async function failedLoginsOf(nodes: RedisServers['nodes'], users: readonly string[]): Promise<number> {
  let failed = 0;
  for (const node of nodes) {
    const log = await node.json<{ reason: string; username: string; count: number }[]>('ACL', 'LOG', '1000');
    for (const entry of log) if (entry.reason === 'auth' && users.includes(entry.username)) failed += entry.count;
  }
  return failed;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A line protocol of its own, so that nothing here is Keyturn's: https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands */
export class Client {
  readonly #socket: Socket;
  #received = '';

  /** @param ca over TLS, and verified; the name is not, as redis-cli does not */
  constructor(port: number, ca?: string) {
    const place = { host: '127.0.0.1', port };
    this.#socket =
      ca === undefined ? connect(place) : connectTls({ ...place, ca, checkServerIdentity: () => undefined });
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (bytes) => {
      this.#received += bytes.toString();
    });
  }

  /** The first line of the answer; `closed` when there is none any more. */
  async ask(line: string): Promise<string> {
    this.#received = '';
    this.#socket.write(`${line}\r\n`);
    const untilMs = Date.now() + 5_000;
    while (!this.#received.includes('\r\n')) {
      if (this.#socket.closed || this.#socket.readableEnded) return 'closed';
      if (Date.now() > untilMs) throw new Error('no answer');
      await wait(2);
    }
    return this.#received.split('\r\n', 1)[0] ?? '';
  }

  /** Returns when the server has closed its side. */
  async end(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.end();
    await closed;
  }
}

/** An open connection of the operator's: redis-cli, a process for each command, would take most of a crash matrix's time. */
export async function operatorAt({ port, ca }: RedisServers['primary']) {
  const client = new Client(port, ca);
  const answer = await client.ask(`AUTH ${operator.user} ${operator.password}`);
  if (answer !== '+OK') throw new Error(`the operator is not let in: ${answer}`);
  let last: Promise<unknown> = Promise.resolve();
  return {
    command(...args: readonly string[]): Promise<string> {
      const words = args.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg));
      const answer = last.then(() => client.ask(words.join(' '))).then((line) => line.replace(/^\+/, ''));
      last = answer;
      return answer;
    },
    end: () => client.end(),
  };
}

/** Logs a client in, or says what it was told instead. */
async function clientOf(
  port: number,
  credential: SecretValue,
  ca?: string,
): Promise<{ client: Client; answer: string }> {
  const { username, password } = credential.parse(JSON.parse);
  const client = new Client(port, ca);
  return { client, answer: await client.ask(`AUTH ${username} ${password}`) };
}

export async function logInAt(port: number, credential: SecretValue, ca?: string): Promise<string> {
  const { client, answer } = await clientOf(port, credential, ca);
  await client.end();
  return answer === '+OK' ? 'accepted' : answer.startsWith('-WRONGPASS') ? 'refused' : answer;
}

export async function openUse(port: number, credential: SecretValue, ca?: string): Promise<Use> {
  const { client, answer } = await clientOf(port, credential, ca);
  if (answer !== '+OK') throw new Error(answer);
  return {
    alive: async () => /^\+PONG/.test(await client.ask('PING')),
    end: () => client.end(),
  };
}

/** For `describeKind`. */
export async function startHarness(options: RedisOptions = {}): Promise<KindHarness<Target, Credential>> {
  const servers = await startRedis({ replicas: 1, ...options });
  return {
    kind: createKind(),
    estate: () => makeEstate(servers),
    atOnce: 3,
    async log() {
      const logs = await Promise.all(
        servers.nodes.map(({ folder }) => fromNow(() => readFile(join(folder, 'log'), 'utf8'))),
      );
      return async () => (await Promise.all(logs.map((read) => read()))).join('\n');
    },
    stop: () => servers.stop(),
  };
}
