import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KindContext } from '../../../lib/core/kind.ts';
import type { Target } from '../../../lib/kinds/postgres/schema.ts';
import { type PostgresServer, releases, startPostgres } from '../../support/postgres-server.ts';
import { openDoor } from '../../support/tcp-door.ts';
import { failure } from './failure.ts';
import { makeEstate, type PostgresEstate } from './harness.ts';
import { credentialIn, kind, propose, type Rotation, rotate, withFields } from './rotate.ts';

/** The same target elsewhere, admin secret included. */
function at(
  rotation: Rotation,
  place: { host?: string; port?: number },
  signal = rotation.context.signal,
): KindContext<Target> {
  const admin = async () =>
    (await rotation.context.admin()).map((text) => JSON.stringify({ ...JSON.parse(text), ...place }));
  return { ...rotation.context, signal, admin, target: { ...rotation.context.target, ...place } };
}

describe.each(releases)('errors on $name', { timeout: 60_000 }, (release) => {
  let server: PostgresServer;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await startPostgres({
      release,
      hba: ['host all banned all reject'],
      settings: { shared_preload_libraries: 'passwordcheck' },
    });
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => server?.stop());

  const asDba = (text: string) => server.sql(text);

  it('TargetUnresolved: the host name does not resolve', async () => {
    const rotation = propose(await makeEstate(server));
    const context = at(rotation, { host: 'no-such-host.invalid' });
    await failure('TargetUnresolved', kind.verify(context, rotation.current));
    await failure('TargetUnresolved', kind.install(context, rotation));
  });

  it('TargetUnreachable: nothing listens', async () => {
    const rotation = propose(await makeEstate(server));
    const context = at(rotation, { port: 1 });
    await failure('TargetUnreachable', kind.verify(context, rotation.current));
    await failure('TargetUnreachable', kind.install(context, rotation));
    await failure('NotProven', kind.proveRefused(context, { retire: rotation.current, keep: rotation.pending }));
    expect(await kind.lastUse(context, rotation.current, 0)).toMatchObject({ state: 'unknown' });
  });

  /** The client's own 5 s, whatever the server: once is enough. */
  const once = it.runIf(release === releases[0]);

  once('TargetTimeout: the server accepts and says nothing, for 5 s', async () => {
    const door = await openDoor(server);
    closing.push(door.close);
    door.fallSilent();
    const rotation = propose(await makeEstate(server));
    const beganMs = Date.now();
    await failure('TargetTimeout', kind.verify(at(rotation, { port: door.port }), rotation.current));
    expect(Date.now() - beganMs).toBeGreaterThan(4_900);
    expect(Date.now() - beganMs).toBeLessThan(7_000);
  });

  it("TargetTimeout: the caller's time ends in the middle of a statement", async () => {
    const estate = await makeEstate(server);
    const { current } = propose(estate);
    const blocker = await server.connect();
    await blocker.query(`BEGIN; ALTER ROLE ${estate.base} CONNECTION LIMIT 5`);
    const { signal, abort } = aborter();
    const context = estate.context(signal);
    const installing = failure('TargetTimeout', kind.install(context, { pending: current, current: undefined }));
    await untilSeen(
      server,
      `SELECT 1 FROM pg_stat_activity WHERE usename = '${estate.admin}' AND wait_event_type = 'Lock'`,
    );
    const beganMs = Date.now();
    abort();
    await installing;
    expect(Date.now() - beganMs).toBeLessThan(1_500);
    await blocker.query('ROLLBACK');
    await blocker.end();
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  once('TargetTimeout: a lock is not released within 5 s', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    const blocker = await server.connect();
    await blocker.query(`BEGIN; ALTER ROLE ${estate.base} CONNECTION LIMIT 5`);
    const error = await failure(
      'TargetTimeout',
      kind.install(rotation.context, { pending: rotation.current, current: undefined }),
    );
    expect(error.message).toContain('55P03');
    await blocker.query('ROLLBACK');
    await blocker.end();
  });

  it('TargetTimeout: the server falls silent after the login', async () => {
    const door = await openDoor(server);
    closing.push(door.close);
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    const { signal, abort } = aborter();
    const context = at(rotation, { port: door.port }, signal);
    let looks = 0;
    // Time is asked for after the first look at the sessions: the login is over by then.
    const clock = {
      nowMs: () => Date.now(),
      sleep: async () => {
        looks += 1;
        door.fallSilent();
        setTimeout(abort, 200);
      },
    };
    await failure(
      'TargetTimeout',
      kind.disable({ ...context, clock }, { retire: rotation.current, keep: rotation.pending }),
    );
    expect(looks).toBe(1);
  });

  it('AuthenticationRefused: NOLOGIN with the right password, as well as a wrong password', async () => {
    const estate = await makeEstate(server);
    const { context, current } = propose(estate);
    await asDba(`ALTER ROLE ${estate.base} NOLOGIN`);
    const error = await failure('AuthenticationRefused', kind.verify(context, current));
    expect(error.message).toContain('28000');
    const wrong = credentialIn(withFields(estate.current, { password: 'canary' }), estate.target);
    expect((await failure('AuthenticationRefused', kind.verify(context, wrong))).message).toContain('28P01');
  });

  it('a login that pg_hba.conf does not admit is no refused credential, and so no proof', async () => {
    // Only a role of this very name is banned.
    const estate = await makeEstate(server, { user: 'banned' });
    const { context, current, pending } = propose(estate);
    const error = await failure('TargetFailed', kind.verify(context, current));
    expect(error.message).toContain('pg_hba.conf');
    await kind.install(context, { pending, current });
    await asDba('ALTER ROLE banned NOLOGIN');
    await failure('NotProven', kind.proveRefused(context, { retire: current, keep: pending }));
    await asDba('DROP OWNED BY banned CASCADE').catch(() => undefined);
  });

  it('TargetBusy: the role is at its connection limit', async () => {
    const estate = await makeEstate(server);
    const { context, current } = propose(estate);
    await asDba(`ALTER ROLE ${estate.base} CONNECTION LIMIT 0`);
    await failure('TargetBusy', kind.verify(context, current));
    await failure('NotProven', kind.proveRefused(context, { retire: current, keep: propose(estate).pending }));
  });

  it('PendingPoisoned: the password policy rejects the value', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    // passwordcheck rejects a password that is the user's name, also as a verifier.
    const value = withFields(rotation.value, { password: estate.clone });
    const pending = credentialIn(value, estate.target);
    const error = await failure('PendingPoisoned', kind.install(rotation.context, { ...rotation, pending }));
    expect(error.message).toContain('22023');
    expect(await server.sql('SELECT 1 FROM pg_roles WHERE rolname = $1', [estate.clone]), 'one transaction').toEqual(
      [],
    );
    await kind.install(rotation.context, rotation);
  });

  it('a bad value of a setting does not poison the password', async () => {
    const estate = await makeEstate(server);
    await asDba(`ALTER ROLE ${estate.base} SET work_mem TO '4MB'`);
    await asDba(`SET allow_system_table_mods = on; UPDATE pg_db_role_setting SET setconfig = '{work_mem=never}'
      WHERE setrole = '${estate.base}'::regrole`);
    const rotation = propose(estate);
    await failure('TargetFailed', kind.install(rotation.context, rotation));
  });

  it('InvalidInput: there is no such database, or no such role', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    const target = { ...estate.target, database: 'absent' };
    await failure('InvalidInput', kind.verify({ ...rotation.context, target }, rotation.current));
    await asDba(
      `ALTER DATABASE ${estate.database} OWNER TO postgres; ALTER ROLE ${estate.base} RENAME TO ${estate.base}_moved`,
    );
    await failure('InvalidInput', kind.install(rotation.context, rotation));
  });

  it('makes the base role itself where a created secret is the first to name it', async () => {
    const estate = await makeEstate(server);
    await asDba(`ALTER ROLE ${estate.base} RENAME TO ${estate.base}_moved`);
    const value = kind.propose(estate.target, undefined);
    const pending = credentialIn(value, estate.target);
    expect(pending.username).toBe(estate.base);
    await kind.install(estate.context(), { pending, current: undefined });
    await kind.verify(estate.context(), pending);
  });

  describe('verify', () => {
    const lost = async (change: (estate: PostgresEstate) => string) => {
      const estate = await makeEstate(server);
      const { context, pending } = await rotate(estate);
      await asDba(change(estate));
      return { context, pending, estate };
    };

    it('WrongEffectiveIdentity: the membership is gone, which PostgreSQL merely warns of', async () => {
      const { context, pending, estate } = await lost(
        (e) => `REVOKE ${e.base} FROM ${e.clone} ${release.major >= 16 ? `GRANTED BY ${e.admin}` : ''}`,
      );
      const error = await failure('WrongEffectiveIdentity', kind.verify(context, pending));
      expect(error.message).toContain(`acts as "${estate.clone}" instead of "${estate.base}"`);
      // The next install mends it.
      await kind.install(context, { pending, current: undefined });
      await kind.verify(context, pending);
    });

    it('WrongEffectiveIdentity: the SET role is gone', async () => {
      const { context, pending } = await lost((e) => `ALTER ROLE ${e.clone} RESET role`);
      await failure('WrongEffectiveIdentity', kind.verify(context, pending));
      await kind.install(context, { pending, current: undefined });
      await kind.verify(context, pending);
    });

    it('PrivilegeLost: the membership no longer inherits', async () => {
      const { context, pending } = await lost((e) =>
        release.major >= 16
          ? `GRANT ${e.base} TO ${e.clone} WITH INHERIT FALSE GRANTED BY ${e.admin}`
          : `ALTER ROLE ${e.clone} NOINHERIT`,
      );
      await failure('PrivilegeLost', kind.verify(context, pending));
      await kind.install(context, { pending, current: undefined });
      await kind.verify(context, pending);
    });

    it('PrivilegeLost: the login may not connect to the database', async () => {
      const { context, pending } = await lost((e) => `REVOKE CONNECT ON DATABASE ${e.database} FROM PUBLIC, ${e.base}`);
      const error = await failure('PrivilegeLost', kind.verify(context, pending));
      expect(error.message).toContain('may not connect');
    });
  });

  it('an expiry that was set on a login does not outlive the next install', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending, value } = await rotate(estate);
    await asDba(`ALTER ROLE ${estate.clone} VALID UNTIL '2001-01-01' NOLOGIN`);
    await failure('AuthenticationRefused', kind.verify(context, pending));
    await kind.install(context, { pending, current });
    expect(await estate.logIn(value)).toBe('accepted');
  });

  it('CurrentMoved: never disables the login that is to be kept', async () => {
    const estate = await makeEstate(server);
    const { context, current } = propose(estate);
    await failure('CurrentMoved', kind.disable(context, { retire: current, keep: current }));
    await failure('InvalidInput', kind.discard(context, 'postgres'));
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it('TargetFailed: a role that is gone cannot be enabled, but is as good as disabled', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = propose(estate);
    await failure('TargetFailed', kind.enable(context, pending));
    await kind.disable(context, { retire: pending, keep: current });
  });

  it('lets a session that disable ends come back only through enable', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = await rotate(estate);
    const sessions = await Promise.all([1, 2, 3].map(() => estate.session(estate.current)));
    for (const session of sessions) await session.query('BEGIN');
    expect(await kind.lastUse(context, current, 0)).toMatchObject({ detail: expect.stringContaining('3 × ') });
    await kind.disable(context, { retire: current, keep: pending });
    for (const session of sessions) await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await estate.logIn(estate.current)).toBe('refused');
  });
});

function aborter(): { signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

async function untilSeen(server: PostgresServer, question: string): Promise<void> {
  const untilMs = Date.now() + 10_000;
  while ((await server.sql(question)).length === 0) {
    if (Date.now() > untilMs) throw new Error('not seen in time');
  }
}
