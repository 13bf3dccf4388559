import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Row, Session } from '../../../lib/kinds/mysql/client.ts';
import type { Credential } from '../../../lib/kinds/mysql/credential.ts';
import { gather } from '../../../lib/kinds/mysql/dual/state.ts';
import { isStored } from '../../../lib/kinds/mysql/dual/stored-password.ts';
import { storedPassword } from '../../../lib/kinds/mysql/hash.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { makeDualEstate } from './dual.ts';
import { failure } from './failure.ts';
import { type EstateOptions, type MysqlEstate, makeEstate } from './harness.ts';
import { privilegesOf } from './privileges.ts';
import { credentialIn, kind, propose, type Rotation, rotate, withFields } from './rotate.ts';

/** MariaDB's alternatives (IDENTIFIED VIA … OR …). What MySQL is told instead is in dual-decisions.test.ts. */
describe.runIf(hasMariadb)('two passwords of one user, on MariaDB', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterAll(() => server?.stop());

  /** The statements that changed a user, of an estate's admin, since the log was so long. */
  const changesOf = async ({ admin, base }: MysqlEstate, since: number): Promise<string[]> => {
    const lines = (await server.logLines()).slice(since);
    const own = new Set(
      lines
        .filter(({ command, text }) => command === 'Connect' && text.startsWith(`${admin}@`))
        .map((line) => line.connection),
    );
    return lines
      .filter(({ connection, text }) => own.has(connection) && /^(ALTER|CREATE|GRANT|REVOKE|DROP)\b/.test(text))
      .map(({ text }) => text.replaceAll(/\*[0-9A-F]{40}/g, '#').replaceAll(base, 'app'));
  };
  const disable = ({ context }: Rotation, versions: { retire: Credential; keep: Credential }) =>
    kind.disable(context, versions);
  /** A rotation to its end. */
  async function turn(estate: MysqlEstate, currentValue = estate.current): Promise<Rotation> {
    const rotation = await rotate(estate, currentValue);
    const versions = { retire: rotation.current, keep: rotation.pending };
    await disable(rotation, versions);
    await kind.proveRefused(rotation.context, versions);
    return rotation;
  }

  it('keep the name, what the user may do and its options through rotations, one statement each way', async () => {
    const estate = await makeDualEstate(server, { hosts: ['%', '10.%'] });
    await server.sql(`ALTER USER ${estate.base}@'%' WITH MAX_USER_CONNECTIONS 50`);
    const before = await privilegesOf(server, estate, estate.base);
    const since = (await server.logLines()).length;
    let value = estate.current;
    for (const _turn of [1, 2, 3]) {
      const old = value;
      ({ value } = await turn(estate, old));
      expect(await estate.logIn(old)).toBe('refused');
    }
    expect(await privilegesOf(server, estate, estate.base)).toEqual(before);
    expect(credentialIn(value, estate.target).username).toBe(estate.base);
    const one = 'IDENTIFIED VIA mysql_native_password USING ';
    expect((await changesOf(estate, since)).slice(0, 2)).toEqual([
      `ALTER USER \`app\`@\`%\` ${one}'#' OR mysql_native_password USING '#', \`app\`@\`10.%\` ${one}'#' OR mysql_native_password USING '#'`,
      `ALTER USER \`app\`@\`%\` ${one}'#', \`app\`@\`10.%\` ${one}'#'`,
    ]);
    expect(await changesOf(estate, since)).toHaveLength(6);
    expect(await server.sql(`SELECT 1 FROM mysql.user WHERE user = '${estate.clone}'`)).toEqual([]);
  });

  it('are named apart, by what tells nothing of them', async () => {
    const estate = await makeDualEstate(server);
    const { current, pending, value } = propose(estate);
    const names = [current, pending].map((credential) => kind.identify(credential));
    for (const name of names) expect(name).toMatch(new RegExp(`^${estate.base}#[0-9a-f]{16}$`));
    expect(new Set(names).size).toBe(2);
    expect(kind.identify(credentialIn(value, estate.target))).toBe(names[1]);
    const elsewhere = { ...estate.target, port: 3307 };
    const there = credentialIn(withFields(value, { port: 3307 }), elsewhere);
    expect(kind.identify(there)).not.toBe(names[1]);
  });

  it('cost 3 connections, 7 statements, no failed login and no cleartext in the four steps, and one failed login in the proof', async () => {
    const estate = await makeDualEstate(server);
    const failed = await estate.failedLogins();
    const lines = (await server.logLines()).length;
    const { context, current, pending } = await rotate(estate);
    const added = (await server.logLines()).slice(lines);
    const count = (command: string) => added.filter((line) => line.command === command).length;
    expect({ connections: count('Connect'), statements: count('Query') }).toEqual({ connections: 3, statements: 7 });
    expect((await estate.failedLogins()) - failed).toBe(0);
    await kind.disable(context, { retire: current, keep: pending });
    expect((await estate.failedLogins()) - failed).toBe(0);
    expect(await kind.proveRefused(context, { retire: current, keep: pending })).toEqual([
      { endpoint: `127.0.0.1:${server.port}`, error: 'error 1045' },
    ]);
    expect((await estate.failedLogins()) - failed).toBe(1);
    const text = (await server.logLines()).slice(lines).map((line) => line.text);
    for (const password of [current, pending].map((one) => one.password.reveal())) {
      expect(text.some((line) => line.includes(password))).toBe(false);
    }
  });

  describe('with calls that run at once, or late', () => {
    it('are set once by deliveries of one event', async () => {
      const estate = await makeDualEstate(server);
      const rotation = propose(estate);
      const since = (await server.logLines()).length;
      await Promise.all([1, 2, 3, 4].map(() => kind.install(estate.context(), rotation)));
      expect(await changesOf(estate, since)).toHaveLength(1);
      expect([await estate.logIn(estate.current), await estate.logIn(rotation.value)]).toEqual([
        'accepted',
        'accepted',
      ]);
    });

    it('are changed by one call at a time', async () => {
      const estate = await makeDualEstate(server);
      const rotation = propose(estate);
      const other = await server.connect();
      await other.query(`SELECT GET_LOCK(CONCAT('keyturn:', SHA1('${estate.base}')), 1)`);
      const installing = kind.install(rotation.context, rotation);
      const waits = `SELECT 1 FROM information_schema.processlist WHERE user = '${estate.admin}' AND state = 'User lock'`;
      while ((await server.sql(waits)).length === 0);
      expect(await estate.logIn(rotation.value)).toBe('refused');
      await other.end();
      await installing;
      expect(await estate.logIn(rotation.value)).toBe('accepted');
    });

    it('do not bring back what was retired', async () => {
      const estate = await makeDualEstate(server);
      const rotation = await turn(estate);
      await kind.install(rotation.context, rotation);
      expect(await estate.logIn(estate.current)).toBe('refused');
      const next = await turn(estate, rotation.value);
      // Of a version before the last: it would have to end the current one.
      await failure('TargetUnfit', kind.install(rotation.context, rotation));
      expect(await estate.logIn(next.value)).toBe('accepted');
    });

    it('discard what was abandoned, and not what came after it', async () => {
      const estate = await makeDualEstate(server);
      const abandoned = propose(estate);
      await kind.install(abandoned.context, abandoned);
      const discard = (version: Rotation) =>
        kind.discard(version.context, kind.identify(version.pending), {
          abandoned: version.pending,
          current: version.current,
        });
      const next = await rotate(estate);
      expect(await estate.logIn(abandoned.value)).toBe('refused');
      await discard(abandoned);
      expect(await estate.logIn(next.value)).toBe('accepted');
      await discard(next);
      expect([await estate.logIn(next.value), await estate.logIn(estate.current)]).toEqual(['refused', 'accepted']);
      await failure('InvalidInput', kind.discard(next.context, kind.identify(next.pending)));
      await failure(
        'InvalidInput',
        kind.discard(next.context, estate.clone, { abandoned: next.pending, current: undefined }),
      );
    });
  });

  it('are one at first, of a user that need not be there, and none that anybody knows when that is given up', async () => {
    const estate = await makeDualEstate(server);
    await server.sql(`DROP USER ${estate.base}@'%'`);
    const context = estate.context();
    const value = kind.propose(estate.target, undefined);
    const first = credentialIn(value, estate.target);
    const made = kind.install(context, { pending: first, current: undefined });
    // Made without a grant: it may not use the database yet.
    await failure('PrivilegeLost', made);
    await server.sql(`GRANT ALL PRIVILEGES ON ${estate.database}.* TO ${estate.base}@'%'`);
    await kind.install(context, { pending: first, current: undefined });
    expect(await estate.logIn(value)).toBe('accepted');
    await kind.discard(context, kind.identify(first), { abandoned: first, current: undefined });
    expect(await estate.logIn(value)).toBe('refused');
    const second = kind.propose(estate.target, undefined);
    await kind.install(context, { pending: credentialIn(second, estate.target), current: undefined });
    expect(await estate.logIn(second)).toBe('accepted');
  });

  describe('refuse, with nothing changed,', () => {
    it.each<[what: string, made: (account: string) => string, code: 'TargetUnfit' | 'InvalidInput', message: string]>([
      [
        'a password that nobody recorded',
        (a) => `ALTER USER ${a} IDENTIFIED BY 'password-0-by-hand'`,
        'TargetUnfit',
        'nobody recorded',
      ],
      [
        'another method beside it',
        (a) => `ALTER USER ${a} IDENTIFIED VIA mysql_native_password USING PASSWORD('first') OR unix_socket`,
        'InvalidInput',
        'more than two',
      ],
      [
        'another method before it',
        (a) => `ALTER USER ${a} IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('first')`,
        'InvalidInput',
        'more than two',
      ],
      [
        'three passwords',
        (a) =>
          `ALTER USER ${a} IDENTIFIED VIA mysql_native_password USING PASSWORD('1') OR mysql_native_password USING PASSWORD('2') OR mysql_native_password USING PASSWORD('3')`,
        'InvalidInput',
        'more than two',
      ],
      ['no user', (a) => `DROP USER ${a}`, 'TargetUnfit', 'there is no user'],
    ])('%s', async (_, made, code, message) => {
      const estate = await makeDualEstate(server);
      const rotation = propose(estate);
      const account = `${estate.base}@'%'`;
      const stored = () => server.sql(`SELECT CONCAT(Priv) AS p FROM mysql.global_priv WHERE User = '${estate.base}'`);
      await server.sql(made(account).replaceAll("'first'", `'${rotation.current.password.reveal()}'`));
      const before = await stored();
      expect((await failure(code, kind.install(rotation.context, rotation))).message).toContain(message);
      expect(await stored()).toEqual(before);
    });

    it('an admin that may not', async () => {
      const estate = await makeDualEstate(server, { admin: ['PROCESS'] });
      const rotation = propose(estate);
      const { message } = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
      expect(message).toContain('GRANT CREATE USER, CONNECTION ADMIN');
    });

    it('to keep and to retire the same one, and to enable it alone', async () => {
      const { context, current, pending } = await rotate(await makeDualEstate(server));
      await failure(
        'CurrentMoved',
        kind.disable(context, { retire: current, keep: { ...pending, password: current.password } }),
      );
      await failure('InvalidInput', kind.enable(context, current));
    });
  });

  it('are left by the clone: a user that takes turns goes over when it is the base’s, and may go back', async () => {
    const turns = await makeEstate(server);
    const clonesTurn = await turn(turns);
    const basesTurn = await turn(turns, clonesTurn.value);
    const dual: MysqlEstate = {
      ...turns,
      target: kind.facts.parseTarget({ ...turns.target, overlap: 'dual-passwords' }),
      context: (signal) => ({ ...turns.context(signal), target: dual.target }),
    };
    expect(() => kind.parse(clonesTurn.value, dual.target)).toThrow(/whose turn it is of two users/);
    const twice = await turn(dual, (await turn(dual, basesTurn.value)).value);
    expect(twice.pending.username).toBe(turns.base);
    const back = await turn(turns, twice.value);
    expect(back.pending.username).toBe(turns.clone);
    await turn(turns, back.value);
  });

  it('are read out of MySQL’s tables as its manual has them: the statement without what MariaDB alone reads', async () => {
    const [host, sha2] = ['%', 'caching_sha2_password'] as const;
    const first = { password: SecretValue.of('password-of-the-primary'), salt: 'abcdefghijklmnopqrst' };
    // As MySQL makes them, of any 7 bits but 0 and $; in JSON some of them are escaped.
    const second = {
      password: SecretValue.of('password-of-the-secondary'),
      salt: '\u0001\t"\\\u001b\n/\u007f~`\'abcdefghi',
    };
    const stored = ({ password, salt }: typeof first) => storedPassword(sha2, password, salt).reveal();
    const session = await server.connect();
    await session.query(`CREATE DATABASE mysql8; CREATE TABLE mysql8.user
      (User char(32), Host char(255), plugin char(64), authentication_string text, User_attributes json) COLLATE utf8mb4_bin`);
    const insert = 'INSERT INTO mysql8.user VALUES (?, ?, ?, ?, ?)';
    const attributes = JSON.stringify({ additional_password: stored(second), Password_locking: {} });
    await session.query(insert, ['app', host, sha2, stored(first), attributes]);
    await session.query(insert, ['app', '10.%', 'mysql_native_password', null, null]);
    await session.query(insert, ['other', host, sha2, '', null]);
    const onMysql: Session = {
      async rows(statement) {
        const read = statement
          .replaceAll(/\/\*M![\s\S]*?\*\//g, '')
          .replaceAll(/\/\*!80014([\s\S]*?)\*\//g, '$1')
          .replaceAll('mysql.user', 'mysql8.user')
          .replaceAll('VERSION()', "'8.4.3'");
        expect(read).not.toContain('/*');
        return (await session.query(read))[0] as Row[];
      },
      run: () => Promise.reject(new Error('nothing is changed')),
    };
    const { mariadb, accounts } = await gather(onMysql, 'app');
    expect(mariadb).toBe(false);
    expect(accounts).toMatchObject([
      { user: 'app', host, plugin: sha2, several: false },
      { user: 'app', host: '10.%', plugin: 'mysql_native_password', several: false },
    ]);
    const known = accounts.map(({ passwords }) =>
      passwords.map((one) => [first, second].map(({ password }) => isStored(one, password))),
    );
    expect(known).toEqual([
      [
        [true, false],
        [false, true],
      ],
      [[false, false]],
    ]);
    expect((await gather(onMysql, 'nobody')).accounts).toEqual([]);
    await session.end();
  });

  describe('and sessions', () => {
    const ids = async (user: string) =>
      (await server.sql(`SELECT id FROM information_schema.processlist WHERE user = '${user}'`)).map(({ id }) =>
        Number(id),
      );

    it('from before the promotion are a use, and are ended; a busy one is told by a younger one that is idle', async () => {
      const estate = await makeDualEstate(server);
      const { context, current, pending, value } = await rotate(estate);
      const busy = await estate.session(estate.current);
      const idle = await estate.session(estate.current);
      const promotedAtMs = (await estate.promotion?.()) ?? 0;
      await busy.query('SELECT 1');
      const fresh = await estate.session(value);
      expect(await kind.lastUse(context, current, promotedAtMs, promotedAtMs)).toEqual({
        state: 'used',
        detail: `sessions of "${estate.base}" from before the promotion at 127.0.0.1:${server.port}: 2 × 127.0.0.1`,
      });
      await kind.disable(context, { retire: current, keep: pending, promotedAtMs });
      expect(await ids(estate.base)).toEqual([fresh.threadId]);
      await fresh.end();
      for (const session of [busy, idle]) session.destroy();
    });

    it('that were never idle are not told from later ones, which the README says; without a promotion all are ended', async () => {
      const estate = await makeDualEstate(server);
      const { context, current, pending } = await rotate(estate);
      const busy = await estate.session(estate.current);
      const promotedAtMs = (await estate.promotion?.()) ?? 0;
      await busy.query('SELECT 1');
      expect(await kind.lastUse(context, current, promotedAtMs, promotedAtMs)).toEqual({ state: 'unused' });
      await kind.disable(context, { retire: current, keep: pending, promotedAtMs });
      expect(await ids(estate.base)).toEqual([busy.threadId]);
      await kind.disable(context, { retire: current, keep: pending });
      expect(await ids(estate.base)).toEqual([]);
      busy.destroy();
    });
  });
});

describe.runIf(hasMariadb)('two passwords of one user, with a replica', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb({ replica: true });
  }, 60_000);
  afterAll(() => server?.stop());

  const withReplica = async (options: EstateOptions = {}) => {
    const replicas = [{ host: server.host, port: server.replicaPort }];
    const estate = await makeDualEstate(server, { ...options, target: { replicas } });
    const known = `SELECT 1 FROM mysql.db WHERE User = '${estate.admin}' AND Grant_priv = 'Y'`;
    await expect.poll(() => server.sql(known, { replica: true }), { timeout: 10_000, interval: 10 }).toHaveLength(1);
    return estate;
  };

  it('are known, and gone, and without old sessions there too when a verb is done', async () => {
    const estate = await withReplica();
    let value = estate.current;
    for (const _turn of [1, 2]) {
      const rotation = await rotate(estate, value);
      const session = await estate.session(value, { port: server.replicaPort ?? 0 });
      expect(await kind.lastUse(rotation.context, rotation.current, 0, Date.now() + 5_000)).toMatchObject({
        state: 'used',
        detail: expect.stringContaining(`127.0.0.1:${server.replicaPort}`),
      });
      const versions = { retire: rotation.current, keep: rotation.pending };
      await kind.disable(rotation.context, versions);
      await expect(session.query('SELECT 1')).rejects.toThrow();
      expect(await kind.proveRefused(rotation.context, versions)).toEqual([
        { endpoint: `127.0.0.1:${server.port}`, error: 'error 1045' },
        { endpoint: `127.0.0.1:${server.replicaPort}`, error: 'error 1045' },
      ]);
      await kind.enable(rotation.context, rotation.current, rotation.pending);
      await kind.verify(rotation.context, rotation.current);
      await kind.disable(rotation.context, versions);
      ({ value } = rotation);
    }
  });
});
