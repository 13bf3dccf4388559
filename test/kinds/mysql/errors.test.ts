import { createServer, type Server, type Socket } from 'node:net';
import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KindContext } from '../../../lib/core/kind.ts';
import type { Target } from '../../../lib/kinds/mysql/schema.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { failure } from './failure.ts';
import { makeEstate } from './harness.ts';
import { credentialIn, kind, propose, type Rotation, rotate, withFields } from './rotate.ts';

/** A door that accepts and says nothing. */
async function silentDoor(): Promise<{ port: number; close(): void }> {
  const sockets: Socket[] = [];
  const door: Server = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const address = door.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    door.close();
  };
  return { port: address.port, close };
}

/** The same target elsewhere, admin secret included. */
function at(rotation: Rotation, place: { host?: string; port?: number }): KindContext<Target> {
  const admin = async () => withFields(await rotation.context.admin(), place);
  return { ...rotation.context, admin, target: { ...rotation.context.target, ...place } };
}

describe.runIf(hasMariadb)('errors on MariaDB', { timeout: 20_000 }, () => {
  let server: MariadbServer;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => server?.stop());

  /** A global variable for the length of a test. */
  async function having(variable: string, value: number | string): Promise<void> {
    const [row] = await server.sql(`SELECT @@global.${variable} AS was`);
    await server.sql(`SET GLOBAL ${variable} = ${value}`);
    closing.push(() => server.sql(`SET GLOBAL ${variable} = ${row?.['was']}`));
  }

  /** A session that holds up every change, as a backup does; until it ends, at the latest with the test. */
  async function backup(): Promise<Connection> {
    const session = await server.connect();
    closing.push(() => session.destroy());
    await session.query('FLUSH TABLES WITH READ LOCK');
    return session;
  }

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

  it('TargetTimeout: the server accepts and says nothing, for 5 s', async () => {
    const door = await silentDoor();
    closing.push(door.close);
    const rotation = propose(await makeEstate(server));
    const beganMs = Date.now();
    await failure('TargetTimeout', kind.verify(at(rotation, { port: door.port }), rotation.current));
    expect(Date.now() - beganMs).toBeGreaterThan(4_900);
    expect(Date.now() - beganMs).toBeLessThan(7_000);
  });

  it('TargetTimeout: a backup holds its lock for more than 8 s, and current stays as it is', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    const session = await backup();
    const beganMs = Date.now();
    const error = await failure('TargetTimeout', kind.install(rotation.context, rotation));
    // The server's own answer: nothing is left behind there that would still be done later.
    expect(error.message).toContain('1969');
    expect(Date.now() - beganMs).toBeLessThan(11_000);
    await session.end();
    expect(await estate.logIn(estate.current)).toBe('accepted');
    await kind.install(rotation.context, rotation);
  });

  it("TargetTimeout: the caller's time ends in the middle of a statement", async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    const session = await backup();
    const controller = new AbortController();
    const installing = failure('TargetTimeout', kind.install(estate.context(controller.signal), rotation));
    const untilMs = Date.now() + 5_000;
    const waiting = `SELECT 1 FROM information_schema.processlist WHERE user = '${estate.admin}' AND state LIKE 'Waiting%'`;
    for (;;) {
      const [rows] = await session.query(waiting);
      if (Array.isArray(rows) && rows.length > 0) break;
      if (Date.now() > untilMs) throw new Error('not seen in time');
    }
    const beganMs = Date.now();
    controller.abort();
    await installing;
    expect(Date.now() - beganMs).toBeLessThan(1_500);
    await session.end();
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it('AuthenticationRefused: a locked account with the right password (4151), as well as a wrong password (1045)', async () => {
    const estate = await makeEstate(server);
    const { context, current } = propose(estate);
    await server.sql(`ALTER USER ${estate.base}@'%' ACCOUNT LOCK`);
    expect((await failure('AuthenticationRefused', kind.verify(context, current))).message).toContain('4151');
    const wrong = credentialIn(withFields(estate.current, { password: 'canary' }), estate.target);
    expect((await failure('AuthenticationRefused', kind.verify(context, wrong))).message).toContain('1045');
  });

  it('says which credential was refused when it is the admin', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    const admin = withFields(await rotation.context.admin(), { password: 'canary' });
    const context = { ...rotation.context, admin: async () => admin };
    const error = await failure('AuthenticationRefused', kind.install(context, rotation));
    expect(error.message).toContain(`the admin "${estate.admin}"`);
  });

  it('a server that admits nobody from here has not refused the credential, and so proves nothing (1130)', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = await rotate(estate);
    const closed = await startMariadb();
    closing.push(() => closed.stop());
    await closed.sql(`RENAME USER root@'127.0.0.1' TO root@'127.0.0.9'`);
    const elsewhere = { ...context, target: { ...estate.target, port: closed.port } };
    const error = await failure('TargetFailed', kind.verify(elsewhere, current));
    expect(error.message).toContain('1130');
    await failure('NotProven', kind.proveRefused(elsewhere, { retire: current, keep: pending }));
  });

  it('a server that blocks the user after failed logins proves nothing (4150)', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = await rotate(estate);
    await having('max_password_errors', 1);
    closing.push(() => server.sql('FLUSH PRIVILEGES'));
    const wrong = withFields(estate.current, { password: 'canary' });
    for (const _attempt of [1, 2, 3]) await estate.logIn(wrong).catch(() => undefined);
    const error = await failure('TargetFailed', kind.verify(context, current));
    expect(error.message).toContain('4150');
    await failure('NotProven', kind.proveRefused(context, { retire: current, keep: pending }));
  });

  it('TargetBusy: the user is at its connection limit, or the server at its own', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = propose(estate);
    await server.sql(`ALTER USER ${estate.base}@'%' WITH MAX_USER_CONNECTIONS 1`);
    const use = await estate.use(estate.current);
    const error = await failure('TargetBusy', kind.verify(context, current));
    expect(error.message).toContain('1226');
    await failure('NotProven', kind.proveRefused(context, { retire: current, keep: pending }));
    await use.end();

    const small = await startMariadb({ settings: { max_connections: 10 } });
    closing.push(() => small.stop());
    const crowded = await makeEstate(small);
    const rotation = propose(crowded);
    const sessions = await Promise.all(Array.from({ length: 10 }, () => crowded.session(crowded.current)));
    expect((await failure('TargetBusy', kind.install(rotation.context, rotation))).message).toContain('1040');
    for (const session of sessions) session.destroy();
  });

  it('TargetFailed in words of its own: the server is read-only', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    await having('read_only', 1);
    const error = await failure('TargetFailed', kind.install(rotation.context, rotation));
    expect(error.message).toContain('target.host must be the writer');
    expect((await failure('TargetFailed', kind.verify(rotation.context, rotation.current))).message).toContain(
      'read-only',
    );
    await failure('TargetFailed', kind.disable(rotation.context, { retire: rotation.current, keep: rotation.pending }));
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it('PrivilegeLost: the login may not use the database', async () => {
    const estate = await makeEstate(server);
    const { context, pending } = await rotate(estate);
    await server.sql(`REVOKE ALL PRIVILEGES ON ${estate.database}.* FROM ${estate.clone}@'%'`);
    expect((await failure('PrivilegeLost', kind.verify(context, pending))).message).toContain('1044');
    // The next install mends it.
    await kind.install(context, { pending, current: undefined });
    await kind.verify(context, pending);
  });

  it('PrivilegeLost: the clone lacks what the base was granted, and the message says what', async () => {
    const estate = await makeEstate(server, { admin: ['ALL PRIVILEGES'] });
    await server.sql(`GRANT ALL PRIVILEGES ON *.* TO ${estate.admin}@'%' WITH GRANT OPTION`);
    const { context, pending } = await rotate(estate);
    await server.sql(`GRANT PROCESS ON *.* TO ${estate.base}@'%'`);
    const error = await failure('PrivilegeLost', kind.verify(context, pending));
    expect(error.message).toContain(`GRANT PROCESS ON *.* TO \`${estate.clone}\`@\`%\``);
    await kind.install(context, { pending, current: undefined });
    await kind.verify(context, pending);
  });

  it('WrongEffectiveIdentity: an anonymous user matches the client first', async () => {
    const estate = await makeEstate(server);
    const { context, current } = propose(estate);
    await server.sql(`CREATE USER ''@'127.0.0.1' IDENTIFIED BY 'first-password-0'`);
    closing.push(() => server.sql(`DROP USER ''@'127.0.0.1'`));
    await server.sql(`GRANT ALL PRIVILEGES ON ${estate.database}.* TO ''@'127.0.0.1'`);
    const anonymous = { ...current, password: current.password.map(() => 'first-password-0') };
    const error = await failure('WrongEffectiveIdentity', kind.verify(context, anonymous));
    expect(error.message).toContain('anonymous');
  });

  it('InvalidInput: there is no such database, or no such user', async () => {
    const estate = await makeEstate(server, { admin: ['ALL PRIVILEGES'] });
    const rotation = propose(estate);
    await server.sql(`GRANT ALL PRIVILEGES ON *.* TO ${estate.base}@'%'`);
    const target = { ...estate.target, database: 'absent' };
    await failure('InvalidInput', kind.verify({ ...rotation.context, target }, rotation.current));
    await server.sql(`RENAME USER ${estate.base}@'%' TO ${estate.base}_moved@'%'`);
    await failure('InvalidInput', kind.install(rotation.context, rotation));
  });

  it.each([
    ['ed25519', `INSTALL SONAME 'auth_ed25519'`, `IDENTIFIED VIA ed25519 USING PASSWORD('x')`, 'ed25519'],
    [
      'two methods',
      'SELECT 1',
      `IDENTIFIED VIA mysql_native_password USING PASSWORD('x') OR mysql_native_password USING PASSWORD('y')`,
      'one of several methods',
    ],
  ])('InvalidInput: the user logs in by %s', async (_what, before, identified, said) => {
    const estate = await makeEstate(server);
    await server.sql(before);
    await server.sql(`ALTER USER ${estate.base}@'%' ${identified}`);
    const rotation = propose(estate);
    const error = await failure('InvalidInput', kind.install(rotation.context, rotation));
    expect(error.message).toContain(said);
  });

  it('makes the base user itself, at the hosts of the inventory, where a created secret is the first to name it', async () => {
    const estate = await makeEstate(server, { target: { hosts: ['%', '10.%'] } });
    await server.sql(`DROP USER ${estate.base}@'%'`);
    const value = kind.propose(estate.target, undefined);
    const pending = credentialIn(value, estate.target);
    expect(pending.username).toBe(estate.base);
    // Nobody has granted it anything yet: it cannot use the database.
    await failure('PrivilegeLost', kind.install(estate.context(), { pending, current: undefined }));
    await server.sql(`GRANT SELECT ON ${estate.database}.* TO ${estate.base}@'%'`);
    await kind.install(estate.context(), { pending, current: undefined });
    await kind.verify(estate.context(), pending);
    const hosts = await server.sql(`SELECT Host FROM mysql.user WHERE User = '${estate.base}' ORDER BY Host`);
    expect(hosts).toEqual([{ Host: '%' }, { Host: '10.%' }]);
  });

  it('an expiry that was set on a user does not outlive the next install', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending, value } = await rotate(estate);
    await having('disconnect_on_expired_password', 1);
    await server.sql(`ALTER USER ${estate.clone}@'%' PASSWORD EXPIRE`);
    expect((await failure('TargetFailed', kind.verify(context, pending))).message).toContain('1862');
    await kind.install(context, { pending, current });
    expect(await estate.logIn(value)).toBe('accepted');
  });

  it('a server that takes no hashes is named, with the setting that lets them in', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    await server.sql(`INSTALL SONAME 'simple_password_check'`);
    closing.push(() => server.sql(`UNINSTALL SONAME 'simple_password_check'`));
    const error = await failure('TargetFailed', kind.install(rotation.context, rotation));
    expect(error.message).toContain('strict_password_validation = OFF');
    expect(await estate.logIn(estate.current)).toBe('accepted');
    await having('strict_password_validation', 0);
    await kind.install(rotation.context, rotation);
  });

  it('CurrentMoved: never disables the user that is to be kept', async () => {
    const estate = await makeEstate(server);
    const { context, current } = propose(estate);
    await failure('CurrentMoved', kind.disable(context, { retire: current, keep: current }));
    await failure('InvalidInput', kind.discard(context, 'root'));
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it('TargetFailed: a user that is gone cannot be enabled, but is as good as disabled', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = propose(estate);
    await failure('TargetFailed', kind.enable(context, pending));
    await kind.disable(context, { retire: pending, keep: current });
  });

  it('lets a session that disable ends come back only through enable', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = await rotate(estate);
    const sessions = await Promise.all([1, 2, 3].map(() => estate.session(estate.current)));
    for (const session of sessions) await session.query('START TRANSACTION');
    const sleeping = sessions[0]?.query('SELECT SLEEP(60)').then(
      () => 'ended by itself',
      () => 'killed',
    );
    expect(await kind.lastUse(context, current, 0)).toMatchObject({ detail: expect.stringContaining('3 × 127.0.0.1') });
    await kind.disable(context, { retire: current, keep: pending });
    expect(await sleeping).toBe('killed');
    for (const session of sessions) await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await estate.logIn(estate.current)).toBe('refused');
    await kind.enable(context, current);
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });
});
