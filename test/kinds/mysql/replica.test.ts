import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fastClock } from '../../support/clocks.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { failure } from './failure.ts';
import { type EstateOptions, makeEstate } from './harness.ts';
import { kind, propose, rotate } from './rotate.ts';

describe.runIf(hasMariadb)('a replica of MariaDB', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb({ replica: true });
  }, 60_000);
  afterAll(() => server?.stop());

  const onReplica = (statement: string) => server.sql(statement, { replica: true });
  const failedThere = async () => Number((await onReplica(`SHOW GLOBAL STATUS LIKE 'Aborted_connects'`))[0]?.['Value']);

  const withReplica = async (options: EstateOptions = {}) => {
    const replicas = [{ host: server.host, port: server.replicaPort }];
    const estate = await makeEstate(server, { ...options, target: { replicas } });
    const untilMs = Date.now() + 10_000;
    const known = `SELECT 1 FROM mysql.db WHERE User = '${estate.admin}' AND Grant_priv = 'Y'`;
    while ((await onReplica(known)).length === 0) {
      if (Date.now() > untilMs) throw new Error(JSON.stringify(await onReplica('SHOW SLAVE STATUS')));
    }
    return estate;
  };

  it('knows the new login when install is done: verify fails nowhere', async () => {
    const estate = await withReplica();
    const before = await failedThere();
    let current = estate.current;
    for (const _turn of [1, 2, 3]) current = (await rotate(estate, current)).value;
    const session = await estate.session(current, { port: server.replicaPort ?? 0 });
    expect((await session.query('SELECT @@read_only AS standby'))[0]).toEqual([{ standby: 1 }]);
    await session.end();
    expect((await failedThere()) - before).toBe(0);
  });

  it('that does not follow is waited for, and named when it takes too long', async () => {
    const clock = fastClock();
    const estate = await withReplica({ clock });
    const rotation = propose(estate);
    const before = await failedThere();
    await onReplica('STOP SLAVE SQL_THREAD');
    try {
      const error = await failure('ReplicaLagging', kind.install(rotation.context, rotation));
      expect(error.message).toContain(`127.0.0.1:${server.replicaPort}`);
      expect(clock.sleptMs).toBe(30_000);
    } finally {
      await onReplica('START SLAVE SQL_THREAD');
    }
    expect((await failedThere()) - before).toBe(0);
  });

  it('locks the user and ends its sessions there as well, with a proof for each endpoint', async () => {
    const estate = await withReplica();
    const { context, current, pending } = await rotate(estate);
    const session = await estate.session(estate.current, { port: server.replicaPort ?? 0 });
    expect(await kind.lastUse(context, current, 0)).toMatchObject({
      state: 'used',
      detail: expect.stringContaining(`127.0.0.1:${server.replicaPort}`),
    });
    await kind.disable(context, { retire: current, keep: pending });
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await kind.proveRefused(context, { retire: current, keep: pending })).toEqual([
      { endpoint: `127.0.0.1:${server.port}`, error: 'error 4151' },
      { endpoint: `127.0.0.1:${server.replicaPort}`, error: 'error 4151' },
    ]);
    await kind.enable(context, current);
    await kind.verify(context, current);
  });

  it('is no writer: a target that takes it for one is refused', async () => {
    const estate = await withReplica();
    const rotation = propose(estate);
    const target = { ...estate.target, port: server.replicaPort ?? 0, replicas: [] };
    const admin = async () =>
      (await rotation.context.admin()).map((text) => JSON.stringify({ ...JSON.parse(text), port: target.port }));
    const error = await failure('TargetFailed', kind.install({ ...rotation.context, target, admin }, rotation));
    expect(error.message).toContain('must be the writer');
  });
});
