import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { realClock } from '../../support/clocks.ts';
import { type RedisServers, redisInstalled, startRedis } from '../../support/redis-server.ts';
import { makeEstate, plaintext } from './harness.ts';
import { failure, kind, propose, rotate } from './rotate.ts';

describe.runIf(redisInstalled())('an error', () => {
  let servers: RedisServers;
  beforeAll(async () => {
    servers = await startRedis();
  });
  afterAll(() => servers?.stop());

  it('names what the admin lacks, and the command that grants it, before anything is changed', async () => {
    for (const rules of [['+info'], ['+acl', '+info'], ['+acl', '+config']]) {
      const estate = await makeEstate(servers, { admin: rules });
      const { context, current, pending, value } = propose(estate);
      const error = await failure('AdminPrivilegeMissing', kind.install(context, { pending, current }));
      expect(error.message).toContain(
        `ACL SETUSER ${estate.admin} +acl +config +client +info +cluster|info +multi +exec`,
      );
      expect(await estate.logIn(value)).toBe('refused');
    }
  });

  it('is not made of a user who may not do anything', async () => {
    const estate = await makeEstate(servers, { rules: ['-@all'] });
    const { context, current, pending } = await rotate(estate);
    await kind.disable(context, { retire: current, keep: pending });
    expect(await kind.proveRefused(context, { retire: current, keep: pending })).toHaveLength(1);
  });

  it('tells the admin’s refused login from that of the user', async () => {
    const estate = await makeEstate(servers);
    const { current, pending } = propose(estate);
    const admin = async () =>
      estate.current.map((text) => JSON.stringify({ ...JSON.parse(text), username: estate.admin }));
    const error = await failure(
      'AuthenticationRefused',
      kind.install({ ...estate.context(), admin }, { pending, current }),
    );
    expect(error.message).toContain(`login the admin "${estate.admin}"`);
    const mine = async () => estate.current;
    await failure('TargetMismatch', kind.install({ ...estate.context(), admin: mine }, { pending, current }));
    const elsewhere = async () =>
      estate.current.map((text) => JSON.stringify({ ...JSON.parse(text), username: 'x', host: 'elsewhere.example' }));
    await failure('TargetMismatch', kind.install({ ...estate.context(), admin: elsewhere }, { pending, current }));
  });

  it('is TargetBusy while the server has its most clients', async () => {
    const estate = await makeEstate(servers);
    const { context, current } = propose(estate);
    await servers.primary.command('CONFIG', 'SET', 'maxclients', '1');
    const holding = createHolder(servers.primary.port);
    try {
      await holding.connected;
      await failure('TargetBusy', kind.verify(context, current));
      await failure('NotProven', kind.proveRefused(context, { retire: current, keep: current }));
      expect(await kind.lastUse(context, current, 0)).toMatchObject({ state: 'unknown' });
    } finally {
      holding.socket.destroy();
      while ((await servers.primary.command('CONFIG', 'SET', 'maxclients', '1000').catch(() => '')) !== 'OK');
    }
  });

  it('is CurrentMoved when the password to retire is the one to keep', async () => {
    const estate = await makeEstate(servers);
    const { context, current } = propose(estate);
    await failure('CurrentMoved', kind.disable(context, { retire: current, keep: current }));
    await failure('InvalidInput', kind.discard(context, 'somebody#0123456789abcdef'));
    await failure('InvalidInput', kind.discard(context, estate.user));
  });
});

function createHolder(port: number) {
  const socket = connect({ host: '127.0.0.1', port });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('error', reject);
    socket.write('PING\r\n');
  });
  return { socket, connected };
}

describe.runIf(redisInstalled())('TLS', () => {
  const authority = createCertificateAuthority();
  const { certificate, key } = authority.issue(['127.0.0.1', 'localhost']);
  let servers: RedisServers;
  beforeAll(async () => {
    servers = await startRedis({ replicas: 1, tls: { certificate, key, ca: authority.certificate } });
  });
  afterAll(() => servers?.stop());

  it('is verified against the given CA and the very host', async () => {
    const estate = await makeEstate(servers, { target: { tls: { ca: authority.certificate } } });
    const { context, current, pending } = await rotate(estate);
    await kind.disable(context, { retire: current, keep: pending });
    expect(await kind.proveRefused(context, { retire: current, keep: pending })).toHaveLength(2);
  });

  it('is never weakened: another CA, another name, no TLS', async () => {
    const other = createCertificateAuthority().certificate;
    for (const tls of [{ ca: other }, { ca: 'public' }]) {
      const estate = await makeEstate(servers, { target: { tls } });
      await failure('TargetTlsFailed', kind.verify(estate.context(), propose(estate).current));
    }
    const estate = await makeEstate(servers, { target: { tls: plaintext } });
    await failure('TargetUnreachable', kind.verify(estate.context(), propose(estate).current));
    const misnamed = authority.issue(['cache.example.com']);
    const elsewhere = await startRedis({ tls: { ...misnamed, ca: authority.certificate } }).catch(() => undefined);
    // redis-cli verifies names too, in later versions.
    if (elsewhere === undefined) return;
    try {
      const wrong = await makeEstate(elsewhere, { target: { tls: { ca: authority.certificate } } });
      await failure('TargetTlsFailed', kind.verify(wrong.context(), propose(wrong).current));
    } finally {
      await elsewhere.stop();
    }
  });

  it('that the server does not offer is no reason for plaintext', async () => {
    const plain = await startRedis();
    try {
      const estate = await makeEstate(plain, { target: { tls: { ca: authority.certificate } } });
      const error = await failure('TargetTimeout', kind.verify(estate.context(), propose(estate).current));
      expect(error.message).toMatch(/does it offer TLS there\? Keyturn does not fall back/);
    } finally {
      await plain.stop();
    }
  });
});

const farewell = (text: string) => (socket: Socket) => {
  socket.end(text);
};

const answer = (line: string) => (socket: Socket) => {
  socket.on('data', () => socket.write(`${line}\r\n`));
};

describe('what is no Redis, or none that answers', () => {
  const target = { host: '127.0.0.1', port: 1, user: 'app', adminSecret: 'cache/admin', tls: plaintext };
  let server: Server | undefined;
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  async function verifyAt(behave: (socket: Socket) => void, signal?: AbortSignal) {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      behave(socket);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return verifyHost('127.0.0.1', port, signal);
  }

  async function verifyHost(host: string, port: number, signal = new AbortController().signal) {
    const parsed = kind.facts.parseTarget({ ...target, nodes: [{ host, port }] });
    const document = SecretValue.of(JSON.stringify({ username: 'app', password: 'a-password-1' }));
    const credential = kind.parse(document, parsed);
    if (credential === undefined) throw new Error('no credential');
    const secretArn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:cache/app-AbCdEf';
    const context = { target: parsed, secretArn, admin: async () => document, clock: realClock, signal };
    return kind.verify(context, credential);
  }

  it.each([
    ['speaks HTTP', farewell('HTTP/1.1 400 Bad Request\r\n\r\n'), 'TargetFailed'],
    ['hangs up', farewell(''), 'TargetUnreachable'],
    ['hangs up in the middle of an answer', farewell('$10\r\nabc'), 'TargetUnreachable'],
    ['is loading its data', answer('-LOADING Redis is loading the dataset in memory'), 'TargetUnreachable'],
    ['is busy with a script', answer('-BUSY Redis is busy running a script.'), 'TargetBusy'],
    ['is in protected mode', farewell('-DENIED Redis is running in protected mode\r\n'), 'TargetFailed'],
    ['is older than ACL users', answer("-ERR wrong number of arguments for 'auth' command"), 'TargetUnfit'],
    ['quotes the password in its error', answer('-ERR what is a-password-1 to me'), 'TargetFailed'],
  ] as const)('%s', async (_, behave, code) => {
    await failure(code, verifyAt(behave));
  });

  it('does not exist, or listens to nobody', async () => {
    await failure('TargetUnresolved', verifyHost('no-such-host.invalid', 6379));
    await failure('TargetUnreachable', verifyHost('127.0.0.1', 1));
  });

  it('keeps silent: the call ends with its signal', async () => {
    const abort = new AbortController();
    await failure(
      'TargetTimeout',
      verifyAt(() => abort.abort(), abort.signal),
    );
  });

  it('keeps silent: the call ends by itself', async () => {
    const startedMs = Date.now();
    await failure(
      'TargetTimeout',
      verifyAt(() => undefined),
    );
    expect(Date.now() - startedMs).toBeLessThan(7_000);
  });
});
