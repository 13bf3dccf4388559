import { describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { apply } from '../../../lib/kinds/mysql/apply.ts';
import { decideChanges } from '../../../lib/kinds/mysql/changes.ts';
import type { Session } from '../../../lib/kinds/mysql/client.ts';
import { grantChanges } from '../../../lib/kinds/mysql/difference.ts';
import { explain } from '../../../lib/kinds/mysql/failure.ts';
import { parseGrants } from '../../../lib/kinds/mysql/grants.ts';
import { storedPassword } from '../../../lib/kinds/mysql/hash.ts';
import { literal } from '../../../lib/kinds/mysql/quote.ts';
import { missingPrivileges } from '../../../lib/kinds/mysql/rights.ts';
import { parseTarget } from '../../../lib/kinds/mysql/schema.ts';
import { sha256Crypt } from '../../../lib/kinds/mysql/sha-crypt.ts';
import type { Account, State } from '../../../lib/kinds/mysql/state.ts';

const target = parseTarget({ host: 'db.example', database: 'shop', user: 'app', adminSecret: 'db/admin' });
const pending = { username: 'app_clone', password: SecretValue.of('canary') };

const account = (changes: Partial<Account> = {}): Account => ({
  user: 'app',
  host: '%',
  plugin: 'caching_sha2_password',
  several: false,
  locked: false,
  secondary: false,
  tls: { type: '', cipher: '', issuer: '', subject: '' },
  limits: { MAX_USER_CONNECTIONS: 0 },
  grants: parseGrants(['GRANT SELECT ON `shop`.* TO `app`@`%`']),
  ...changes,
});
const state = (changes: Partial<State> = {}): State => ({
  mariadb: false,
  version: '8.4.3',
  readOnly: false,
  rds: false,
  admin: 'rotator@%',
  base: [account()],
  clone: [],
  ...changes,
});

/** Differences on MySQL, whose servers no package brings here: after its manual. */
const difference = (wanted: string[], present: string[]) =>
  grantChanges(parseGrants(wanted), parseGrants(present), { user: 'c', host: '%' }, false).map(
    ({ statement }) => statement,
  );

describe('SHOW GRANTS', () => {
  it('is read with columns, quotes of every sort, routines, roles and proxies', () => {
    const { on, roles, defaultRoles } = parseGrants([
      "GRANT PROCESS, SUPER ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*1B20CFA880A97E5FC15701A049125BE6427F4AEC' REQUIRE SSL WITH GRANT OPTION MAX_QUERIES_PER_HOUR 7",
      'GRANT USAGE ON `empty`.* TO `app`@`%`',
      'GRANT SELECT, INSERT (`a`), UPDATE (`c``,d)`, `b`) ON `my\\_db`.`t` TO `app`@`%`',
      'GRANT ALL PRIVILEGES ON "we`ird ""x".* TO "app"@"%" WITH GRANT OPTION',
      'GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE `db`.`p.@ TO` TO `app`@`%`',
      "GRANT PROXY ON ''@'' TO `app`@`%`",
      'GRANT `r1`@`%`,`r,2`@`%` TO `app`@`%` WITH ADMIN OPTION',
      'GRANT `TO` TO `app`@`%`',
      'SET DEFAULT ROLE `r1` FOR `app`@`%`',
    ]);
    expect(Object.fromEntries([...on].map(([object, privileges]) => [object, [...privileges]]))).toEqual({
      '*.*': ['PROCESS', 'SUPER', 'GRANT OPTION'],
      '`my\\_db`.`t`': ['SELECT', 'INSERT (`a`)', 'UPDATE (`c``,d)`)', 'UPDATE (`b`)'],
      '`we``ird "x`.*': ['ALL PRIVILEGES', 'GRANT OPTION'],
      'PROCEDURE `db`.`p.@ TO`': ['EXECUTE', 'ALTER ROUTINE'],
      "''@''": ['PROXY'],
    });
    expect([...roles]).toEqual([
      ['`r1`@`%`', true],
      ['`r,2`@`%`', true],
      ['`TO`', false],
    ]);
    expect(defaultRoles).toEqual(['`r1`']);
  });
});

describe('a line of SHOW GRANTS', () => {
  const granted = (...lines: string[]) =>
    Object.fromEntries([...parseGrants(lines).on].map(([object, privileges]) => [object, [...privileges]]));

  it.each<[what: string, line: string, on: Record<string, string[]>]>([
    [
      'names columns without quotes',
      'GRANT UPDATE (a, bc) ON `d`.`t` TO x',
      { '`d`.`t`': ['UPDATE (a)', 'UPDATE (bc)'] },
    ],
    ['names a proxied user', "GRANT PROXY ON 'o''u'@'%' TO `x`@`%`", { "'o''u'@'%'": ['PROXY'] }],
    [
      'names a schema that is called like the grant option',
      'GRANT SELECT ON `GRANT OPTION`.* TO `x`@`%`',
      { '`GRANT OPTION`.*': ['SELECT'] },
    ],
    [
      'names a column that is called like a dynamic privilege',
      'GRANT SELECT (`BACKUP_ADMIN`) ON `d`.`t` TO x WITH GRANT OPTION',
      { '`d`.`t`': ['SELECT (`BACKUP_ADMIN`)', 'GRANT OPTION'] },
    ],
  ])('%s', (_what, line, on) => {
    expect(granted(line)).toEqual(on);
  });

  it('adds to an earlier one on the same object', () => {
    expect(granted('GRANT SELECT ON *.* TO x', 'GRANT BACKUP_ADMIN ON *.* TO x')).toEqual({
      '*.*': ['SELECT', 'BACKUP_ADMIN'],
    });
  });
});

describe('the difference of grants', () => {
  it.each<[what: string, wanted: string[], present: string[], statements: string[]]>([
    ['none', ['GRANT SELECT, INSERT ON `a`.* TO x'], ['GRANT INSERT, SELECT ON `a`.* TO y'], []],
    [
      'a privilege more',
      ['GRANT SELECT, INSERT ON `a`.* TO x'],
      ['GRANT SELECT ON `a`.* TO y'],
      ['GRANT INSERT ON `a`.* TO `c`@`%`'],
    ],
    [
      'a privilege less',
      ['GRANT SELECT ON `a`.* TO x'],
      ['GRANT SELECT, INSERT ON `a`.* TO y'],
      ['REVOKE INSERT ON `a`.* FROM `c`@`%`'],
    ],
    [
      'an object less',
      [],
      ['GRANT SELECT ON `a`.`t` TO y WITH GRANT OPTION'],
      ['REVOKE SELECT ON `a`.`t` FROM `c`@`%`', 'REVOKE GRANT OPTION ON `a`.`t` FROM `c`@`%`'],
    ],
    [
      'the grant option alone',
      ['GRANT SELECT ON `a`.* TO x WITH GRANT OPTION'],
      ['GRANT SELECT ON `a`.* TO y'],
      ['GRANT SELECT ON `a`.* TO `c`@`%` WITH GRANT OPTION'],
    ],
    [
      'the grant option on nothing',
      ['GRANT USAGE ON *.* TO x WITH GRANT OPTION'],
      [],
      ['GRANT USAGE ON *.* TO `c`@`%` WITH GRANT OPTION'],
    ],
    [
      'everything for some',
      ['GRANT ALL PRIVILEGES ON `a`.* TO x'],
      ['GRANT SELECT ON `a`.* TO y'],
      ['GRANT ALL PRIVILEGES ON `a`.* TO `c`@`%`'],
    ],
    [
      'some for everything: first taken, then given',
      ['GRANT SELECT ON `a`.* TO x'],
      ['GRANT ALL PRIVILEGES ON `a`.* TO y'],
      ['REVOKE ALL PRIVILEGES ON `a`.* FROM `c`@`%`', 'GRANT SELECT ON `a`.* TO `c`@`%`'],
    ],
    [
      'a proxy without its option',
      ['GRANT PROXY ON `u`@`%` TO x'],
      ['GRANT PROXY ON `u`@`%` TO y WITH GRANT OPTION'],
      ['REVOKE PROXY ON `u`@`%` FROM `c`@`%`', 'GRANT PROXY ON `u`@`%` TO `c`@`%`'],
    ],
    [
      'a role, and one with ADMIN OPTION',
      ['GRANT `r`@`%` TO x', 'GRANT `s`@`%` TO x WITH ADMIN OPTION'],
      ['GRANT `s`@`%`,`t`@`%` TO y'],
      ['REVOKE `t`@`%` FROM `c`@`%`', 'GRANT `r`@`%` TO `c`@`%`', 'GRANT `s`@`%` TO `c`@`%` WITH ADMIN OPTION'],
    ],
    [
      'a role that loses its ADMIN OPTION',
      ['GRANT `r`@`%` TO x'],
      ['GRANT `r`@`%` TO y WITH ADMIN OPTION'],
      ['REVOKE `r`@`%` FROM `c`@`%`', 'GRANT `r`@`%` TO `c`@`%`'],
    ],
    [
      "MySQL's dynamic privileges, whose grant option is each one's own",
      ['GRANT BACKUP_ADMIN ON *.* TO x WITH GRANT OPTION', 'GRANT ROLE_ADMIN ON *.* TO x'],
      ['GRANT BACKUP_ADMIN,ROLE_ADMIN,XA_RECOVER_ADMIN ON *.* TO y'],
      ['REVOKE XA_RECOVER_ADMIN ON *.* FROM `c`@`%`', 'GRANT BACKUP_ADMIN ON *.* TO `c`@`%` WITH GRANT OPTION'],
    ],
    [
      'a dynamic privilege that loses its grant option',
      ['GRANT BACKUP_ADMIN ON *.* TO x'],
      ['GRANT BACKUP_ADMIN ON *.* TO y WITH GRANT OPTION'],
      ['REVOKE BACKUP_ADMIN ON *.* FROM `c`@`%`', 'GRANT BACKUP_ADMIN ON *.* TO `c`@`%`'],
    ],
    [
      'a partial revoke',
      ['GRANT SELECT, INSERT ON *.* TO x', 'REVOKE INSERT ON `mysql`.* FROM x'],
      ['GRANT SELECT, INSERT ON *.* TO y'],
      ['REVOKE INSERT ON `mysql`.* FROM `c`@`%`'],
    ],
    [
      'a partial revoke that was lifted',
      ['GRANT SELECT ON *.* TO x'],
      ['GRANT SELECT ON *.* TO y', 'REVOKE SELECT ON `mysql`.* FROM y'],
      ['GRANT SELECT ON `mysql`.* TO `c`@`%`'],
    ],
  ])('%s', (_what, wanted, present, statements) => {
    expect(difference(wanted, present)).toEqual(statements);
  });
});

describe('an install on MySQL', () => {
  const shown = (changes: State) => decideChanges(changes, target, pending).map(({ label }) => label);

  it('makes the clone locked, gives it everything, and unlocks it last', () => {
    const changes = decideChanges(state(), target, pending);
    expect(changes.map(({ label }) => label)).toEqual([
      'CREATE USER IF NOT EXISTS `app_clone`@`%` IDENTIFIED … REQUIRE NONE WITH MAX_USER_CONNECTIONS 0 ACCOUNT LOCK',
      'GRANT SELECT ON `shop`.* TO `app_clone`@`%`',
      'ALTER USER `app_clone`@`%` IDENTIFIED … ACCOUNT UNLOCK',
    ]);
    expect(changes.at(-1)?.statement.reveal()).toMatch(
      /^ALTER USER `app_clone`@`%` IDENTIFIED WITH caching_sha2_password AS '\$A\$005\$[A-Za-z0-9]{20}[./A-Za-z0-9]{43}' ACCOUNT UNLOCK$/,
    );
    expect(JSON.stringify(changes)).not.toContain('canary');
  });

  it('drops a secondary password, which ALTER USER would leave in place', () => {
    const clone = [account({ user: 'app_clone', secondary: true })];
    expect(shown(state({ clone: clone.map((one) => ({ ...one, locked: true })) }))).toEqual([
      'ALTER USER `app_clone`@`%` DISCARD OLD PASSWORD',
      'ALTER USER `app_clone`@`%` IDENTIFIED … ACCOUNT UNLOCK',
    ]);
  });

  it('brings default roles over by SET DEFAULT ROLE … TO', () => {
    const grants = { ...parseGrants(['GRANT `r`@`%` TO `app`@`%`']), defaultRoles: ['`r`@`%`'] };
    expect(shown(state({ base: [account({ grants })] }))).toContain('SET DEFAULT ROLE `r`@`%` TO `app_clone`@`%`');
  });

  it.each([['AWSAuthenticationPlugin'], ['auth_socket'], ['authentication_ldap_simple']])(
    'refuses a user that logs in by %s',
    (plugin) => {
      expect(() => shown(state({ base: [account({ plugin })] }))).toThrow(plugin);
    },
  );
});

describe('stored passwords', () => {
  it('are those of mysql_native_password: SELECT PASSWORD(…) of MariaDB', () => {
    expect(storedPassword('mysql_native_password', SecretValue.of('x')).reveal()).toBe(
      '*B69027D44F6E5EDC07F1AEAD1477967B16F28227',
    );
  });

  it("are those of caching_sha2_password: hashcat's example 7401, out of a MySQL server", () => {
    // https://hashcat.net/wiki/doku.php?id=example_hashes: salt and digest in hexadecimal, the password is "hashcat".
    const salt = Buffer.from('F9CC98CE08892924F50A213B6BC571A2C11778C5', 'hex');
    const digest = '625479393559393965414D45316477456B484F41316E64484742577A2E3162785353526B7554584647562F';
    expect(sha256Crypt(Buffer.from('hashcat'), salt, 5_000)).toBe(Buffer.from(digest, 'hex').toString());
  });

  it("are those of the SHA-crypt document's own example", () => {
    // https://www.akkadia.org/drepper/SHA-crypt.txt
    expect(sha256Crypt(Buffer.from('Hello world!'), Buffer.from('saltstring'), 5_000)).toBe(
      '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
    );
  });
});

describe('failures by name', () => {
  const occasion = { user: 'app', database: 'shop', endpoint: 'db:3306', admin: false, phase: 'login' as const };
  const failure = { errno: undefined, code: undefined, option: undefined };

  it.each<[errno: number, phase: 'login' | 'query', admin: boolean, code: string]>([
    [1045, 'login', false, 'AuthenticationRefused'],
    [1045, 'login', true, 'AuthenticationRefused'],
    [1045, 'query', true, 'AdminPrivilegeMissing'],
    [1698, 'query', true, 'AdminPrivilegeMissing'],
    [3118, 'login', false, 'AuthenticationRefused'],
    [4151, 'login', false, 'AuthenticationRefused'],
    [1044, 'login', false, 'PrivilegeLost'],
    [1227, 'query', true, 'AdminPrivilegeMissing'],
    [1040, 'login', true, 'TargetBusy'],
    [1203, 'login', false, 'TargetBusy'],
    [1129, 'login', false, 'TargetFailed'],
    [3955, 'login', false, 'TargetFailed'],
    [3159, 'login', false, 'TargetTlsFailed'],
    [1836, 'query', true, 'TargetFailed'],
    [1205, 'query', true, 'TargetTimeout'],
    [1053, 'query', true, 'TargetUnreachable'],
    [1927, 'query', true, 'TargetUnreachable'],
    [9999, 'query', true, 'TargetFailed'],
  ])('%i at %s (admin: %s) is %s', (errno, phase, admin, code) => {
    expect(explain({ ...failure, errno }, { ...occasion, phase, admin }).code).toBe(code);
  });

  it.each<[code: string | undefined, explained: string]>([
    ['ENOTFOUND', 'TargetUnresolved'],
    ['ECONNREFUSED', 'TargetUnreachable'],
    ['PROTOCOL_CONNECTION_LOST', 'TargetUnreachable'],
    ['ETIMEDOUT', 'TargetTimeout'],
    ['HANDSHAKE_NO_SSL_SUPPORT', 'TargetTlsFailed'],
    ['HANDSHAKE_SSL_ERROR', 'TargetTlsFailed'],
    ['CERT_HAS_EXPIRED', 'TargetTlsFailed'],
    ['AUTH_SWITCH_PLUGIN_ERROR', 'TargetFailed'],
    [undefined, 'TargetFailed'],
  ])('%s is %s', (code, explained) => {
    expect(explain({ ...failure, code }, occasion).code).toBe(explained);
  });

  it('tells a read-only server from other options that forbid a statement (1290)', () => {
    const said = (option: string) => explain({ ...failure, errno: 1290, option }, occasion).message;
    expect(said('read-only')).toContain('must be the writer');
    expect(said('super-read-only')).toContain('must be the writer');
    expect(said('skip-grant-tables')).toContain('--skip-grant-tables');
  });

  it.each([1819, 3638])('poisons the value that a password policy rejects (%i)', async (errno) => {
    const refusing: Session = {
      rows: async () => [],
      run: async () => {
        throw explain({ ...failure, errno }, { ...occasion, phase: 'query', admin: true });
      },
    };
    const change = { statement: SecretValue.of('canary'), label: 'ALTER USER' };
    const error = await apply(refusing, change, '`rotator`@`%`', 'app').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KeyturnError);
    expect(error).toMatchObject({ code: 'PendingPoisoned' });
  });
});

describe("the admin's privileges", () => {
  it.each<[what: string, grants: string[], rds: boolean, missing: string[]]>([
    ['everything', ['GRANT ALL PRIVILEGES ON *.* TO r'], false, []],
    ['SUPER for the right to kill', ['GRANT CREATE USER, PROCESS, SUPER ON *.* TO r'], false, []],
    [
      "MySQL's dynamic privilege on a line of its own",
      ['GRANT CREATE USER, PROCESS ON *.* TO r', 'GRANT CONNECTION_ADMIN ON *.* TO r WITH GRANT OPTION'],
      false,
      [],
    ],
    ['RDS, where a procedure kills', ['GRANT CREATE USER, PROCESS ON *.* TO r'], true, []],
    [
      'a schema only',
      ['GRANT ALL PRIVILEGES ON `mysql`.* TO r'],
      false,
      ['CREATE USER', 'PROCESS', 'CONNECTION_ADMIN'],
    ],
  ])('%s', (_what, grants, rds, missing) => {
    expect(missingPrivileges(parseGrants(grants), { mariadb: false, rds })).toEqual(missing);
  });
});

describe('a target', () => {
  const plain = { host: 'db.example', database: 'shop', user: 'app', adminSecret: 'db/admin' };

  it('defaults to port 3306, MySQL, two users in turn, the CAs of RDS, no replicas and any hosts', () => {
    const defaults = { engine: 'mysql', port: 3306, overlap: 'alternating-users', tls: { ca: 'rds' }, replicas: [] };
    expect(target).toEqual({ ...plain, ...defaults });
  });

  it.each([
    ['a URL for a host', { host: 'mysql://db.example' }, 'target.host'],
    ['plaintext without a reason', { tls: { plaintext: 'yes' } }, 'target.tls'],
    ['an address, which no certificate check of the driver covers', { host: '10.0.0.1' }, 'target.host'],
    ['an address of a replica', { replicas: [{ host: '::1' }] }, 'host name'],
    ['the clone for the base', { user: 'app_clone' }, 'ends in _clone'],
    ['a name whose clone MySQL has no room for', { user: 'a'.repeat(27) }, 'at most 26 characters'],
    ['a name with a trailing space', { user: 'app ' }, 'ends in a space'],
    ['a name with a NUL', { user: 'a\0b' }, 'control character'],
    ['no hosts', { hosts: [] }, 'target.hosts'],
  ])('is refused with the path of the mistake: %s', (_what, changes, path) => {
    expect(() => parseTarget({ ...plain, ...changes })).toThrow(path);
  });

  it('takes a longer name on MariaDB, and an address in plaintext', () => {
    const longer = { ...plain, engine: 'mariadb', user: 'a'.repeat(122), host: '127.0.0.1' };
    expect(parseTarget({ ...longer, tls: { plaintext: 'loopback, for a test' } }).user).toHaveLength(122);
  });
});

it('writes a string literal whose quotes and backslashes stay inside', () => {
  expect(literal(`it's \\ a 'test'`)).toBe(`'it''s \\\\ a ''test'''`);
});
