import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/core/clock.ts';
import { type EstateOptions, makeEstate, type PostgresEstate, replayed } from '../kinds/postgres/harness.ts';
import { kind } from '../kinds/postgres/rotate.ts';
import { fastClock, realClock } from '../support/clocks.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { openDoor } from '../support/tcp-door.ts';
import { bothWork, furnish, type Turns, turned, untouched } from './turns.ts';

/** Everything that PostgreSQL can be told to write. */
const talkative = {
  log_statement: 'all',
  log_min_messages: 'debug1',
  log_min_error_statement: 'debug5',
  log_min_duration_statement: 0,
  log_parameter_max_length_on_error: -1,
  log_disconnections: 'on',
};

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function at(server: PostgresServer, options: EstateOptions = {}) {
  const estate = await makeEstate(server, options);
  const turns = await furnish(kind, estate, { log: () => server.log() });
  closing.push(() => turns.house.close());
  return { estate, turns };
}

describe('PostgreSQL cannot be reached from the start:', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  it('its name does not resolve', async () => {
    const { turns } = await at(server, { door: { host: 'db.invalid', port: 5432 } });
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({
      step: 'setSecret',
      code: 'TargetUnresolved',
      message: expect.stringMatching(/^PostgreSQL at db\.invalid:5432, login the admin "rotator\d+": the host name /),
    });
    expect(failure.tookMs).toBeLessThan(9_000);
    expect(await turns.standing()).toEqual(untouched);
  });

  it('its host drops the packets of a connection before there is one', async () => {
    const full = await fullBacklog();
    closing.push(full.close);
    const { turns } = await at(server, { door: full });
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'setSecret', code: 'TargetTimeout', message: /no answer in time/ });
    expect(failure.tookMs).toBeGreaterThan(4_900);
    expect(failure.tookMs).toBeLessThan(9_000);
    expect(await turns.standing()).toEqual(untouched);
  });
});

describe('PostgreSQL restarts in the middle of setSecret:', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ settings: talkative });
  });
  afterAll(() => server?.stop());

  it('while the statement that sets the password runs', async () => {
    const { turns, estate } = await at(server);
    const blocker = await server.connect();
    await blocker.query('BEGIN; LOCK TABLE pg_authid IN SHARE MODE');
    const failing = turns.rotationFails();
    await untilSeen(server, `usename = '${estate.admin}' AND wait_event_type = 'Lock'`);
    await server.restart();
    const failure = await failing;
    expect(failure).toMatchObject({
      step: 'setSecret',
      code: 'TargetUnreachable',
      message: expect.stringMatching(/not accepting connections just now \(57P0\d\)|was closed|was reset/),
    });
    expect(await turns.standing()).toEqual(untouched);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it.each([
    ['before its first login', 1],
    ['after the password was set and before the login with it', 2],
  ])('%s', async (_, connection) => {
    const door = await openDoor(server);
    closing.push(door.close);
    const { turns } = await at(server, { door });
    door.onConnection = async (count) => {
      if (count !== connection) return;
      await server.restart();
      door.cut();
    };
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'setSecret', code: 'TargetUnreachable' });
    expect(await turns.standing()).toEqual(untouched);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it('and no password stands in its log, whatever it is told to write and whatever failed', async () => {
    const { turns, estate } = await at(server);
    const mark = (await server.log()).length;
    // One that fails and one that passes.
    turns.before('setSecret', () => server.sql(`ALTER ROLE ${estate.admin} NOCREATEROLE`).then(() => undefined));
    const failure = await turns.rotationFails();
    await server.sql(`ALTER ROLE ${estate.admin} CREATEROLE`);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
    const log = (await server.log()).slice(mark);
    expect(log).toContain("PASSWORD 'SCRAM-SHA-256$");
    const passwords = (await turns.values()).map((value) => value.parse(JSON.parse).password as string);
    expect(passwords).toHaveLength(2);
    for (const password of [...passwords, ...estate.otherSecrets]) expect(log.includes(password)).toBe(false);
  });
});

describe('PostgreSQL is full:', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ settings: { max_connections: 12, superuser_reserved_connections: 5 } });
  });
  afterAll(() => server?.stop());

  it.each<[string, string, (turns: Turns<unknown>) => ReturnType<Turns<unknown>['rotationFails' | 'rolloutFails']>]>([
    ['setSecret', 'TargetBusy', (turns) => turns.rotationFails()],
    ['testSecret', 'TargetBusy', (turns) => turns.rotationFails()],
    ['last-use', 'GateClosed', (turns) => turns.rolloutFails()],
    ['disable', 'TargetBusy', (turns) => turns.rolloutFails()],
  ])('%s ends with %s, and goes on when there is room again', async (moment, code, fails) => {
    const { turns, estate } = await at(server);
    const sessions: pg.Client[] = [];
    turns.before(moment, async () => {
      sessions.push(...(await fill(estate)));
    });
    const failure = await fails(turns as Turns<unknown>);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(/at its connection limit \(53300\)/) });
    await Promise.all(sessions.map((session) => session.end()));
    const rotating = 'step' in failure;
    expect(await turns.standing()).toEqual(rotating ? untouched : bothWork);
    expect(await (rotating ? turns.triedAgain(failure) : turns.resumed(failure))).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it('so is a database that has a limit of its own', async () => {
    const { turns, estate } = await at(server);
    await server.sql(`ALTER DATABASE ${estate.database} CONNECTION LIMIT 1`);
    const service = await estate.session(estate.current);
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'setSecret', code: 'TargetBusy' });
    await service.end();
    await server.sql(`ALTER DATABASE ${estate.database} CONNECTION LIMIT -1`);
    expect(await turns.standing()).toEqual(untouched);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
  });
});

describe('a replica lags', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ replica: true });
  });
  afterAll(() => server?.stop());

  const atReplica = async (work: (session: pg.Client) => Promise<unknown>) => {
    const session = await server.connect({ replica: true });
    await work(session);
    await session.end();
  };
  /** Half a minute passes at once while the replay is paused, and takes its time else: a replica that is well needs some of it. */
  const jumping = fastClock();
  let paused = false;
  const clock: Clock = {
    nowMs: () => realClock.nowMs() + jumping.sleptMs,
    sleep: (ms, signal) => (paused ? jumping : realClock).sleep(ms, signal),
  };
  const pause = async () => {
    await atReplica((session) => session.query('SELECT pg_wal_replay_pause()'));
    paused = true;
  };
  const resume = async () => {
    paused = false;
    await atReplica((session) => session.query('SELECT pg_wal_replay_resume()'));
    await replayed(server);
  };
  const withReplica = () => {
    const replicas = [{ host: server.host, port: server.replicaPort }];
    return at(server, { clock, target: { replicas } });
  };

  it('in setSecret: nothing is promoted until it has the new login', async () => {
    const { turns } = await withReplica();
    turns.before('setSecret', pause);
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({
      step: 'setSecret',
      code: 'ReplicaLagging',
      message: expect.stringContaining(`127.0.0.1:${server.replicaPort} has not replayed the change after 30 s`),
    });
    expect(failure.tookMs).toBeLessThan(35_000);
    await resume();
    expect(await turns.standing()).toEqual(untouched);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
  });

  it('in Disable: the rollout holds, and the old login is proven dead at the replica too once it has caught up', async () => {
    const { turns } = await withReplica();
    turns.before('disable', pause);
    const failure = await turns.rolloutFails();
    expect(failure).toMatchObject({ code: 'ReplicaLagging' });
    await resume();
    expect(await turns.standing()).toEqual(turned);
    expect(await turns.resumed(failure)).toBe('SUCCEEDED');
    expect(turns.house.records.at(-1)?.refusals).toMatchObject(
      [server.port, server.replicaPort].map((port) => ({ endpoint: `127.0.0.1:${port}` })),
    );
  });
});

/** Sessions until a login is refused for want of room. */
async function fill(estate: PostgresEstate): Promise<pg.Client[]> {
  const sessions: pg.Client[] = [];
  for (;;) {
    try {
      sessions.push(await estate.session(await estate.context().admin()));
    } catch (error) {
      expect(error).toMatchObject({ code: '53300' });
      return sessions;
    }
  }
}

async function untilSeen(server: PostgresServer, session: string): Promise<void> {
  const untilMs = Date.now() + 10_000;
  while ((await server.sql(`SELECT 1 FROM pg_stat_activity WHERE ${session}`)).length === 0) {
    if (Date.now() > untilMs) throw new Error('not seen in time');
  }
}

/** An address where SYNs are dropped: a listener that never accepts, its queue full. */
async function fullBacklog(): Promise<{ host: string; port: number; close(): Promise<void> }> {
  const host = '127.0.0.1';
  const listener = fork(fileURLToPath(new URL('./full-backlog.mjs', import.meta.url)));
  const [port] = (await once(listener, 'message')) as [number];
  const queued: Socket[] = [];
  const close = async () => {
    for (const socket of queued) socket.destroy();
    listener.kill('SIGKILL');
    await once(listener, 'exit');
  };
  for (;;) {
    const socket = connect(port, host);
    socket.on('error', () => undefined);
    queued.push(socket);
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 300)),
    ]);
    if (!connected) return { host, port, close };
  }
}
