import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fastClock } from '../../support/clocks.ts';
import { type PostgresServer, releases, startPostgres } from '../../support/postgres-server.ts';
import { failure } from './failure.ts';
import { type EstateOptions, makeEstate } from './harness.ts';
import { kind, propose, rotate } from './rotate.ts';

describe.each(releases)('a streaming replica on $name', { timeout: 60_000 }, (release) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ release, replica: true });
  }, 60_000);
  afterAll(() => server?.stop());

  const withReplica = async (options: EstateOptions = {}) => {
    const replicas = [{ host: server.host, port: server.replicaPort }];
    const estate = await makeEstate(server, { ...options, target: { replicas } });
    const caughtUp = await server.connect({ replica: true });
    const known = async () =>
      (await caughtUp.query('SELECT 1 FROM pg_database WHERE datname = $1', [estate.database])).rows;
    while ((await known()).length === 0);
    await caughtUp.end();
    return estate;
  };
  const onReplica = async (statement: string) => {
    const session = await server.connect({ replica: true });
    await session.query(statement);
    await session.end();
  };
  const failedThere = async (user: string) =>
    (await server.logLines({ replica: true })).filter((line) => line.user === user && line.sqlstate.startsWith('28'))
      .length;

  it('knows the new login when install is done: verify fails nowhere', async () => {
    const estate = await withReplica();
    let current = estate.current;
    for (const _turn of [1, 2, 3]) current = (await rotate(estate, current)).value;
    const session = await estate.session(current, { port: server.replicaPort ?? 0 });
    expect((await session.query('SELECT pg_is_in_recovery() AS standby')).rows).toEqual([{ standby: true }]);
    await session.end();
    expect((await failedThere(estate.base)) + (await failedThere(estate.clone))).toBe(0);
  });

  it('that has not replayed is waited for, and named when it takes too long', async () => {
    const clock = fastClock();
    const estate = await withReplica({ clock });
    const rotation = propose(estate);
    await onReplica('SELECT pg_wal_replay_pause()');
    try {
      const error = await failure('ReplicaLagging', kind.install(rotation.context, rotation));
      expect(error.message).toContain(`127.0.0.1:${server.replicaPort}`);
      expect(clock.sleptMs).toBe(30_000);
    } finally {
      await onReplica('SELECT pg_wal_replay_resume()');
    }
    expect(await failedThere(estate.clone)).toBe(0);
  });

  it('is waited for: a replay that resumes meanwhile is enough', async () => {
    const estate = await withReplica();
    const rotation = propose(estate);
    await onReplica('SELECT pg_wal_replay_pause()');
    const installed = kind.install(rotation.context, rotation);
    // Looks again every 200 ms: the second look is after the resume, or the wait never happened.
    setTimeout(() => onReplica('SELECT pg_wal_replay_resume()'), 300);
    await installed;
    await kind.verify(rotation.context, rotation.pending);
    expect(await failedThere(estate.clone)).toBe(0);
  });

  it('shows its sessions to lastUse, loses them by disable and refuses the old login', async () => {
    const estate = await withReplica();
    const { context, current, pending } = await rotate(estate);
    const session = await estate.session(estate.current, { port: server.replicaPort ?? 0 });
    expect(await kind.lastUse(context, current, 0)).toMatchObject({
      state: 'used',
      detail: expect.stringContaining(`:${server.replicaPort}: 1 × no application name`),
    });
    const versions = { retire: current, keep: pending };
    await kind.disable(context, versions);
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await kind.lastUse(context, current, 0)).toEqual({ state: 'unused' });
    const refusals = await kind.proveRefused(context, versions);
    expect(refusals.map(({ endpoint }) => endpoint)).toEqual(
      [server.port, server.replicaPort].map((port) => `127.0.0.1:${port}`),
    );
    expect(await failedThere(estate.base)).toBe(1);
    await kind.enable(context, current);
    await kind.verify(context, current);
  });

  it('is logged in to by verify, so that one that is away fails it', async () => {
    const estate = await withReplica();
    const { context, pending } = await rotate(estate);
    const logins = async () =>
      (await server.logLines({ replica: true })).filter(
        ({ user, text }) => user === estate.clone && text.includes('connection authorized'),
      ).length;
    const before = await logins();
    await kind.verify(context, pending);
    expect((await logins()) - before).toBe(1);
    const target = { ...estate.target, replicas: [{ host: '127.0.0.1', port: 1 }] };
    await failure('TargetUnreachable', kind.verify({ ...context, target }, pending));
  });

  it('is not taken for a writer', async () => {
    const estate = await withReplica();
    const rotation = propose(estate);
    const target = { ...estate.target, port: server.replicaPort ?? 0, replicas: [] };
    const admin = (await rotation.context.admin()).map((text) =>
      JSON.stringify({ ...JSON.parse(text), port: target.port }),
    );
    const context = { ...rotation.context, target, admin: async () => admin };
    const error = await failure('TargetFailed', kind.install(context, rotation));
    expect(error.message).toContain('read-only standby');
    await failure('TargetFailed', kind.verify(context, rotation.current));
    await failure('TargetFailed', kind.disable(context, { retire: rotation.current, keep: rotation.pending }));
  });
});
