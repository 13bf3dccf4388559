import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../lib/core/clock.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { fastClock } from '../../support/clocks.ts';
import { pgbouncerInstalled, startPgbouncer, statsLogin } from '../../support/pgbouncer-server.ts';
import { failure } from './failure.ts';
import { type Auth, makePooledEstate, type PooledEstate, type PooledServers, startPooled } from './pooled.ts';
import { startLoad } from './pooler-load.ts';
import { credentialIn, kind, propose, rotate } from './rotate.ts';

const variants = (['auth_file', 'auth_query'] as const).flatMap((auth: Auth) =>
  (['transaction', 'session'] as const).map((pool) => ({ auth, pool })),
);

describe.runIf(pgbouncerInstalled()).each(variants)(
  'behind a PgBouncer that has its users from $auth and pools by $pool',
  { timeout: 60_000 },
  ({ auth, pool }) => {
    let servers: PooledServers;
    let estate: PooledEstate;
    beforeAll(async () => {
      servers = await startPooled(auth, { pool_mode: pool, default_pool_size: 10, query_wait_timeout: 3 });
    }, 60_000);
    afterAll(() => servers?.stop());
    beforeEach(async () => {
      estate = await makePooledEstate(servers);
    });

    it('no request of a load is lost over two rotations and a way back', async () => {
      const load = startLoad(estate, estate.current);
      await load.requests(50);
      let current = estate.current;
      for (const way of ['forth', 'forth', 'back'] as const) {
        const next = await rotate(estate, current);
        // The promotion: clients start anew with what the secret says, one after the other, and the old ones finish.
        await load.moveTo(next.value);
        await load.requests(50);
        if (way === 'back') await load.moveTo(current);
        const [keep, retire] = way === 'back' ? [next.current, next.pending] : [next.pending, next.current];
        // As the gate asks: a server connection that is still being made for a client that left counts until it is idle.
        await expect
          .poll(() => kind.lastUse(estate.context(), retire, 0), { timeout: 10_000 })
          .toEqual({ state: 'unused' });
        await kind.disable(estate.context(), { retire, keep });
        expect(await kind.proveRefused(estate.context(), { retire, keep })).toHaveLength(2);
        await load.requests(50);
        if (way === 'forth') current = next.value;
      }
      const { sent, failed } = await load.stop();
      expect(failed).toEqual([]);
      expect(sent).toBeGreaterThan(300);
    });

    it('a login that was disabled comes back, and consumers with it', async () => {
      const { context, current, pending, value } = await rotate(estate);
      const load = startLoad(estate, value);
      await kind.disable(context, { retire: current, keep: pending });
      expect(await estate.logIn(estate.current)).toBe('refused');
      await kind.enable(context, current);
      await kind.verify(context, current);
      await load.moveTo(estate.current);
      await kind.disable(context, { retire: pending, keep: current });
      await load.requests(20);
      expect((await load.stop()).failed).toEqual([]);
      expect(await estate.logIn(value)).toBe('refused');
    });

    it('the proof is the refusal of the pooler beside that of PostgreSQL', async () => {
      const { context, current, pending } = await rotate(estate);
      const versions = { retire: current, keep: pending };
      await failure('StillAccepted', kind.proveRefused(context, versions));
      await kind.disable(context, versions);
      expect(await kind.proveRefused(context, versions)).toEqual([
        { endpoint: `127.0.0.1:${servers.server.port}`, error: 'SQLSTATE 28000' },
        {
          endpoint: `pooler 127.0.0.1:${servers.pooler.port}`,
          error: `SQLSTATE 08P01 (${auth === 'auth_file' ? 'SASL authentication failed' : 'no such user'})`,
        },
      ]);
    });

    it('a server connection that the pooler keeps for nobody is no use; a client without one is', async () => {
      const { context, current, pending } = await rotate(estate);
      const client = await estate.through(estate.current);
      await client.query('SELECT 1');
      const seen = await kind.lastUse(context, current, 0);
      expect(seen).toMatchObject({ state: 'used', detail: expect.stringMatching(/clients of .* pooler .*1 × shop/) });
      await client.end();
      while ((await servers.pooler.command('SHOW CLIENTS')).some(({ user }) => user === estate.base));
      const sessions = `SELECT FROM pg_stat_activity WHERE usename = '${estate.base}'`;
      expect(await servers.server.sql(sessions)).toHaveLength(1);
      expect(await kind.lastUse(context, current, 0)).toEqual({ state: 'unused' });
      await kind.disable(context, { retire: current, keep: pending });
      expect(await servers.server.sql(sessions)).toEqual([]);
    });

    it('a session beside the pooler is a use all the same', async () => {
      const { context, current } = await rotate(estate);
      const beside = await estate.session(estate.current);
      expect(await kind.lastUse(context, current, 0)).toMatchObject({
        state: 'used',
        detail: expect.stringMatching(/^sessions of/),
      });
      await beside.end();
    });
  },
);

describe.runIf(pgbouncerInstalled())('a pooler with an auth_file', { timeout: 60_000 }, () => {
  let servers: PooledServers;
  let estate: PooledEstate;
  beforeAll(async () => {
    servers = await startPooled('auth_file', { pool_mode: 'transaction', query_wait_timeout: 3 });
  }, 60_000);
  afterAll(() => servers?.stop());
  beforeEach(async () => {
    estate = await makePooledEstate(servers, { clock: fastClock() });
  });

  it('whose list has not arrived is PoolerLagging, and the next try is through', async () => {
    const { deliver } = estate.list;
    estate.list.deliver = async () => undefined;
    const rotation = propose(estate);
    const error = await failure('PoolerLagging', kind.install(rotation.context, rotation));
    expect(error.message).toMatch(/pooler 127\.0\.0\.1:\d+ refuses ".*_clone" after RELOAD: .*secret db\/userlist/);
    await deliver(estate.list.text);
    await kind.install(rotation.context, rotation);
    expect(await estate.logIn(rotation.value)).toBe('accepted');
  });

  it('is waited for while the list is on its way', async () => {
    const { deliver } = estate.list;
    let looks = 0;
    estate.list.deliver = async () => undefined;
    const rotation = propose(estate);
    const { clock } = rotation.context;
    const sleep: Clock['sleep'] = async (ms, signal) => {
      looks += 1;
      if (looks === 3) await deliver(estate.list.text);
      await clock.sleep(ms, signal);
    };
    await kind.install({ ...rotation.context, clock: { nowMs: clock.nowMs, sleep } }, rotation);
    expect(looks).toBe(3);
  });

  it('that has the old login still is StillAccepted, until the list has arrived', async () => {
    const { context, current, pending } = await rotate(estate);
    const versions = { retire: current, keep: pending };
    // So that the pooler knows what to greet the login with.
    await (await estate.through(estate.current)).end();
    const { deliver } = estate.list;
    estate.list.deliver = async () => undefined;
    await kind.disable(context, versions);
    const error = await failure('StillAccepted', kind.proveRefused(context, versions));
    expect(error.message).toMatch(/still gets through the pooler .* after RELOAD/);
    await deliver(estate.list.text);
    expect(await kind.proveRefused(context, versions)).toHaveLength(2);
  });

  it('keeps the lines of everybody else, and holds no password of ours', async () => {
    let current = estate.current;
    for (const _turn of [1, 2, 3]) {
      const { context, value, pending } = await rotate(estate, current);
      await kind.disable(context, { retire: credentialIn(current, estate.target), keep: pending });
      expect(estate.list.text).not.toContain(pending.password.reveal());
      current = value;
    }
    const lines = estate.list.text.split('\n').filter((line) => line !== '');
    expect(lines.slice(0, 3)).toEqual([...servers.pooler.consoleLine.trim().split('\n'), '"other" "other-password"']);
    expect(lines.slice(3)).toEqual([
      expect.stringMatching(/^; retired by Keyturn: "pooled\d+" "SCRAM-SHA-256\$4096:/),
      expect.stringMatching(/^"pooled\d+_clone" "SCRAM-SHA-256\$4096:/),
    ]);
  });

  it('that is down stops the rotation before the promotion, makes the use unknown, and saves no login from its end', async () => {
    const down = { ...estate.target.poolers[0], port: 1 };
    const other = await makePooledEstate(servers, { target: { poolers: [down] } });
    const rotation = propose(other);
    await failure('TargetUnreachable', kind.install(rotation.context, rotation));
    await failure('TargetUnreachable', kind.verify(rotation.context, rotation.current));
    expect(await kind.lastUse(rotation.context, rotation.current, 0)).toMatchObject({
      state: 'unknown',
      detail: expect.stringMatching(/^TargetUnreachable: PgBouncer at /),
    });
    await failure(
      'TargetUnreachable',
      kind.disable(rotation.context, { retire: rotation.current, keep: rotation.pending }),
    );
    await expect(other.session(other.current)).rejects.toMatchObject({ code: '28000' });
  });

  it.each([
    { what: 'only looks', login: statsLogin, code: 'AdminPrivilegeMissing', message: /admin_users/ },
    {
      what: 'is unknown',
      login: { username: 'nobody', password: 'x' },
      code: 'AuthenticationRefused',
      message: /admin/,
    },
  ] as const)('whose console login $what says so', async ({ login, code, message }) => {
    estate.list.read = async () => SecretValue.of(JSON.stringify(login));
    const rotation = propose(estate);
    expect((await failure(code, kind.install(rotation.context, rotation))).message).toMatch(message);
  });

  it('whose console secret holds no login says so', async () => {
    estate.list.read = async () => SecretValue.of('{"username":"console"}');
    const rotation = propose(estate);
    const error = await failure('SecretMalformed', kind.install(rotation.context, rotation));
    expect(error.message).toMatch(/db\/console .* its password cannot be used/);
  });

  it('speaks TLS, verified against the CA that the target names for it, or is not told a password', async () => {
    const authority = createCertificateAuthority('The CA of poolers');
    const another = createCertificateAuthority('Another CA');
    const encrypted = await startPgbouncer({ upstream: servers.server, tls: authority.issue(['127.0.0.1']) });
    const at = (place: { host: string; port: number }, ca: string) => ({
      poolers: [{ ...place, tls: { ca }, consoleSecret: 'db/console', auth: { userlist: 'db/userlist' } }],
    });
    try {
      const through = await makePooledEstate(
        { ...servers, pooler: encrypted },
        { target: at({ host: encrypted.host, port: encrypted.port }, authority.certificate) },
      );
      await rotate(through);
      const places = [
        { place: encrypted, ca: another.certificate },
        { place: servers.pooler, ca: authority.certificate },
      ];
      for (const { place, ca } of places) {
        const estate = await makePooledEstate(servers, { target: at({ host: place.host, port: place.port }, ca) });
        const rotation = propose(estate);
        await failure('TargetTlsFailed', kind.install(rotation.context, rotation));
      }
    } finally {
      await encrypted.stop();
    }
  });
});

describe.runIf(pgbouncerInstalled())('a pooler whose auth_query lets disabled logins in', { timeout: 60_000 }, () => {
  it('is seen where it still greets one, and the error says what its query must leave out', async () => {
    const settings = { pool_mode: 'transaction', query_wait_timeout: 2, server_login_retry: 0.1 };
    const servers = await startPooled('auth_query', settings);
    try {
      const estate = await makePooledEstate(servers);
      const body = 'SELECT rolname, rolpassword FROM pg_authid WHERE rolname = name';
      await servers.server.sql(
        `CREATE OR REPLACE FUNCTION pgbouncer.login(name text) RETURNS TABLE (username text, secret text)
          LANGUAGE sql SECURITY DEFINER AS $$ ${body} $$`,
        undefined,
        estate.database,
      );
      const { context, current, pending } = await rotate(estate);
      const versions = { retire: current, keep: pending };
      await kind.disable(context, versions);
      // Nobody was greeted as this login yet, so the pooler has to ask PostgreSQL.
      expect((await kind.proveRefused(context, versions))[1]?.error).toMatch(/role is not permitted to log in/);
      await kind.enable(context, current);
      const client = await estate.through(estate.current);
      await kind.disable(context, versions);
      const error = await failure('StillAccepted', kind.proveRefused(context, versions));
      expect(error.message).toMatch(/auth_query ask .*only for roles that may log in/);
      await client.end();
    } finally {
      await servers.stop();
    }
  });
});
