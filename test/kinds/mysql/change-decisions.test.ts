import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { decideChanges, lackingGrants } from '../../../lib/kinds/mysql/changes.ts';
import { grantChanges } from '../../../lib/kinds/mysql/difference.ts';
import { parseGrants } from '../../../lib/kinds/mysql/grants.ts';
import { optionsOf } from '../../../lib/kinds/mysql/options.ts';
import { bytes, literal } from '../../../lib/kinds/mysql/quote.ts';
import { grantsFor, missingPrivileges, quotedAccount, requireRights } from '../../../lib/kinds/mysql/rights.ts';
import { parseTarget } from '../../../lib/kinds/mysql/schema.ts';
import type { Account, State } from '../../../lib/kinds/mysql/state.ts';

const targetOf = (more: object = {}) =>
  parseTarget({ host: 'db.example', database: 'shop', user: 'app', adminSecret: 'db/admin', ...more });
const target = targetOf();
const password = SecretValue.of('canary');

const noTls = { type: '', cipher: '', issuer: '', subject: '' };
const account = (changes: Partial<Account> = {}): Account => ({
  user: 'app',
  host: '%',
  plugin: 'mysql_native_password',
  several: false,
  locked: false,
  secondary: false,
  tls: noTls,
  limits: { MAX_QUERIES_PER_HOUR: 0, MAX_USER_CONNECTIONS: 5 },
  grants: parseGrants(['GRANT SELECT ON `shop`.* TO `app`@`%`']),
  ...changes,
});
const clone = (changes: Partial<Account> = {}) => account({ user: 'app_clone', ...changes });
const state = (changes: Partial<State> = {}): State => ({
  mariadb: true,
  version: '11.8.3',
  readOnly: false,
  rds: false,
  admin: 'rotator@%',
  base: [account()],
  clone: [],
  ...changes,
});
/** What is said to the server, each password's hash as `#`. */
const said = (changes: Partial<State>, username = 'app_clone', where = target) =>
  decideChanges(state(changes), where, { username, password }).map(({ statement }) =>
    statement.reveal().replaceAll(/'\*[0-9A-F]{40}'|'\$A\$[^']*'/g, '#'),
  );
const labelled = (changes: Partial<State>, username = 'app_clone') =>
  decideChanges(state(changes), target, { username, password }).map(({ label }) => label);

const limits = 'MAX_QUERIES_PER_HOUR 0 MAX_USER_CONNECTIONS 5';
const identified = 'IDENTIFIED VIA mysql_native_password USING #';

describe('the clone’s turn', () => {
  it('makes it locked, with the base’s options and grants, and sets the password last', () => {
    expect(said({})).toEqual([
      `CREATE USER IF NOT EXISTS \`app_clone\`@\`%\` ${identified} REQUIRE NONE WITH ${limits} ACCOUNT LOCK`,
      'GRANT SELECT ON `shop`.* TO `app_clone`@`%`',
      `ALTER USER \`app_clone\`@\`%\` ${identified} ACCOUNT UNLOCK`,
    ]);
  });

  it('names no password in what is said of a statement that failed', () => {
    expect(labelled({})).toEqual([
      `CREATE USER IF NOT EXISTS \`app_clone\`@\`%\` IDENTIFIED … REQUIRE NONE WITH ${limits} ACCOUNT LOCK`,
      'GRANT SELECT ON `shop`.* TO `app_clone`@`%`',
      'ALTER USER `app_clone`@`%` IDENTIFIED … ACCOUNT UNLOCK',
    ]);
    expect(decideChanges(state(), target, { username: 'app_clone', password })[0]?.statement.reveal()).not.toContain(
      'canary',
    );
  });

  it('only sets the password of one that equals the base', () => {
    expect(said({ clone: [clone({ locked: true })] })).toEqual([
      `ALTER USER \`app_clone\`@\`%\` ${identified} ACCOUNT UNLOCK`,
    ]);
  });

  it('mends options that differ, and takes a second password', () => {
    expect(said({ clone: [clone({ limits: { MAX_USER_CONNECTIONS: 1 }, secondary: true })] })).toEqual([
      `ALTER USER \`app_clone\`@\`%\` REQUIRE NONE WITH ${limits}`,
      'ALTER USER `app_clone`@`%` DISCARD OLD PASSWORD',
      `ALTER USER \`app_clone\`@\`%\` ${identified} ACCOUNT UNLOCK`,
    ]);
  });

  it('goes through every host of the base, and sets all passwords in one statement', () => {
    const hosts = [account(), account({ host: '10.%' })];
    const found = [clone({ host: '10.%', grants: parseGrants([]) }), clone()];
    expect(said({ base: hosts, clone: found })).toEqual([
      'GRANT SELECT ON `shop`.* TO `app_clone`@`10.%`',
      `ALTER USER \`app_clone\`@\`%\` ${identified}, \`app_clone\`@\`10.%\` ${identified} ACCOUNT UNLOCK`,
    ]);
    expect(labelled({ base: hosts, clone: found }).at(-1)).toBe(
      'ALTER USER `app_clone`@`%`, `app_clone`@`10.%` IDENTIFIED … ACCOUNT UNLOCK',
    );
  });

  it('locks where the base does not come from any more, unless it is locked there', () => {
    const gone = [clone({ host: 'a' }), clone({ host: 'b' }), clone({ host: 'c', locked: true })];
    expect(said({ clone: [clone(), ...gone] })).toEqual([
      'ALTER USER `app_clone`@`a`, `app_clone`@`b` ACCOUNT LOCK',
      `ALTER USER \`app_clone\`@\`%\` ${identified} ACCOUNT UNLOCK`,
    ]);
  });

  it('is not without a base', () => {
    expect(() => said({ base: [] })).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });

  it('is said MySQL’s way to MySQL', () => {
    const plugin = 'caching_sha2_password';
    const [statement] = decideChanges(
      state({ mariadb: false, base: [account({ plugin })], clone: [clone()] }),
      target,
      {
        username: 'app_clone',
        password,
      },
    );
    expect(statement?.statement.reveal()).toMatch(
      /^ALTER USER `app_clone`@`%` IDENTIFIED WITH caching_sha2_password AS '/,
    );
  });
});

describe('the base’s turn', () => {
  it('sets its password and follows nothing', () => {
    expect(said({ clone: [clone()] }, 'app')).toEqual([`ALTER USER \`app\`@\`%\` ${identified} ACCOUNT UNLOCK`]);
  });

  it('makes a base that is missing, at every host that the inventory names', () => {
    const where = targetOf({ hosts: ['10.%', 'localhost'] });
    expect(said({ base: [] }, 'app', where)).toEqual([
      `CREATE USER IF NOT EXISTS \`app\`@\`10.%\` ${identified} ACCOUNT LOCK`,
      `CREATE USER IF NOT EXISTS \`app\`@\`localhost\` ${identified} ACCOUNT LOCK`,
      `ALTER USER \`app\`@\`10.%\` ${identified}, \`app\`@\`localhost\` ${identified} ACCOUNT UNLOCK`,
    ]);
    expect(said({ base: [] }, 'app')[0]).toContain('`app`@`%`');
  });

  it('is at every host that the base has, where the inventory names none', () => {
    const hosts = [account({ host: '10.%' }), account({ host: 'localhost' })];
    expect(said({ base: hosts }, 'app')).toEqual([
      `ALTER USER \`app\`@\`10.%\` ${identified}, \`app\`@\`localhost\` ${identified} ACCOUNT UNLOCK`,
    ]);
  });

  it('makes it on MySQL with the method that has a future there', () => {
    expect(said({ base: [], mariadb: false }, 'app')[0]).toContain('IDENTIFIED WITH caching_sha2_password AS');
  });

  it.each<[string, Partial<State>, RegExp | undefined]>([
    [
      'has a grant that the base has not',
      { clone: [clone({ grants: parseGrants(['GRANT SELECT, INSERT ON `shop`.* TO x']) })] },
      /run GRANT INSERT ON `shop`\.\* TO `app`@`%`/,
    ],
    ['comes from a host that the base has not', { clone: [clone({ host: 'a' })] }, /run CREATE USER `app`@`a` …/],
    [
      'has a role that the base has not',
      { clone: [clone({ grants: parseGrants(['GRANT `r` TO x']) })] },
      /GRANT `r` TO `app`/,
    ],
    ['is all that there is: the base was dropped', { base: [], clone: [clone()] }, /run CREATE USER `app`@`%` …/],
    ['lacks a grant that the base has', { clone: [clone({ grants: parseGrants([]) })] }, undefined],
    ['is locked, whatever it has', { clone: [clone({ host: 'a', locked: true })] }, undefined],
  ])('looks at a clone in use that %s', (_, changes, refusal) => {
    if (refusal === undefined) return expect(said(changes, 'app')).toHaveLength(1);
    expect(() => said(changes, 'app')).toThrow(expect.objectContaining({ code: 'PrivilegeLost' }));
    expect(() => said(changes, 'app')).toThrow(refusal);
  });

  it('does not count grants that the clone alone has on its own turn', () => {
    const clones = [clone({ grants: parseGrants(['GRANT SELECT, INSERT ON `shop`.* TO x']) })];
    expect(said({ clone: clones })).toContain('REVOKE INSERT ON `shop`.* FROM `app_clone`@`%`');
  });
});

describe('a base', () => {
  it.each<[string, Partial<Account>]>([
    ['that logs in by several methods', { several: true }],
    ['that logs in without a password', { plugin: 'unix_socket' }],
  ])('%s is refused on either turn', (_, changes) => {
    for (const user of ['app', 'app_clone'])
      expect(() => said({ base: [account(changes)] }, user)).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });

  it('of an old server, whose method is empty, has the one of then', () => {
    expect(said({ base: [account({ plugin: '' })] }, 'app')).toEqual([
      `ALTER USER \`app\`@\`%\` ${identified} ACCOUNT UNLOCK`,
    ]);
  });

  it.each([
    [['%'], ['%'], true],
    [['%', '10.%'], ['10.%', '%'], true],
    [['%'], ['10.%'], false],
    [['%'], ['%', '10.%'], false],
    [['%', '10.%'], ['%'], false],
  ])('at the hosts %j, where the inventory says %j, is right: %s', (found, hosts, agrees) => {
    const decide = () => said({ base: found.map((host) => account({ host })) }, 'app', targetOf({ hosts }));
    if (agrees) return expect(decide()).toHaveLength(1);
    expect(decide).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
    expect(decide).toThrow(`the hosts ${found.join(', ')} at the server, target.hosts says ${hosts.join(', ')}:`);
  });
});

it('what the clone lacks is what it would gain', () => {
  const wanted = [account({ grants: parseGrants(['GRANT SELECT ON `a`.* TO x']) }), account({ host: 'b' })];
  const present = [clone({ grants: parseGrants(['GRANT INSERT ON `a`.* TO x']) })];
  expect(lackingGrants(wanted, present, 'app_clone', true)).toEqual([
    'GRANT SELECT ON `a`.* TO `app_clone`@`%`',
    'CREATE USER `app_clone`@`b` …',
  ]);
});

describe('options', () => {
  it.each<[Partial<Account['tls']>, string]>([
    [{ type: '' }, 'NONE'],
    [{ type: 'ANY' }, 'SSL'],
    [{ type: 'X509' }, 'X509'],
    [{ type: 'SPECIFIED', issuer: "O'Neil", cipher: 'AES' }, "ISSUER 'O''Neil' AND CIPHER 'AES'"],
    [{ type: 'SPECIFIED', subject: 'CN=a' }, "SUBJECT 'CN=a'"],
  ])('%j are said as REQUIRE %s', (tls, required) => {
    expect(optionsOf(account({ tls: { ...noTls, ...tls } }))).toBe(`REQUIRE ${required} WITH ${limits}`);
  });
});

it('texts are quoted so that they mean themselves', () => {
  expect([bytes('a\'"'), literal("a'b\\c")]).toEqual(["X'612722'", "'a''b\\\\c'"]);
});

describe('each change says what it takes', () => {
  const changed = (wanted: string[], present: string[], mariadb = false) =>
    grantChanges(parseGrants(wanted), parseGrants(present), { user: 'c', host: '%' }, mariadb).map(
      ({ statement, gains, needs }) => [gains ? '+' : '-', statement, needs],
    );

  it.each<[string, string[], string[], string[][], boolean?]>([
    [
      'privileges',
      ['GRANT SELECT, INSERT ON `a`.* TO x'],
      ['GRANT UPDATE, DELETE ON `a`.* TO y'],
      [
        [
          '-',
          'REVOKE UPDATE, DELETE ON `a`.* FROM `c`@`%`',
          'GRANT UPDATE, DELETE ON `a`.* TO {admin} WITH GRANT OPTION',
        ],
        ['+', 'GRANT SELECT, INSERT ON `a`.* TO `c`@`%`', 'GRANT SELECT, INSERT ON `a`.* TO {admin} WITH GRANT OPTION'],
      ],
    ],
    [
      'the grant option',
      ['GRANT SELECT ON `a`.* TO x'],
      ['GRANT SELECT ON `a`.* TO y WITH GRANT OPTION'],
      [['-', 'REVOKE GRANT OPTION ON `a`.* FROM `c`@`%`', 'GRANT USAGE ON `a`.* TO {admin} WITH GRANT OPTION']],
    ],
    [
      'the grant option and a privilege',
      ['GRANT SELECT, INSERT ON `a`.* TO x WITH GRANT OPTION'],
      ['GRANT SELECT ON `a`.* TO y'],
      [
        [
          '+',
          'GRANT INSERT ON `a`.* TO `c`@`%` WITH GRANT OPTION',
          'GRANT INSERT ON `a`.* TO {admin} WITH GRANT OPTION',
        ],
      ],
    ],
    [
      'roles',
      ['GRANT `r`@`%` TO x WITH ADMIN OPTION', 'GRANT `s`@`%` TO x'],
      ['GRANT `s`@`%` TO y WITH ADMIN OPTION', 'GRANT `t`@`%` TO y'],
      [
        ['-', 'REVOKE `s`@`%` FROM `c`@`%`', 'GRANT `s`@`%` TO {admin} WITH ADMIN OPTION'],
        ['-', 'REVOKE `t`@`%` FROM `c`@`%`', 'GRANT `t`@`%` TO {admin} WITH ADMIN OPTION'],
        ['+', 'GRANT `r`@`%` TO `c`@`%` WITH ADMIN OPTION', 'GRANT `r`@`%` TO {admin} WITH ADMIN OPTION'],
        ['-', 'GRANT `s`@`%` TO `c`@`%`', 'GRANT `s`@`%` TO {admin} WITH ADMIN OPTION'],
      ],
    ],
    [
      'nothing for roles that are the same',
      ['GRANT `r`@`%` TO x WITH ADMIN OPTION', 'GRANT `s`@`%` TO x'],
      ['GRANT `r`@`%` TO y WITH ADMIN OPTION', 'GRANT `s`@`%` TO y'],
      [],
    ],
    [
      'an admin option more',
      ['GRANT `r`@`%` TO x WITH ADMIN OPTION'],
      ['GRANT `r`@`%` TO y'],
      [['+', 'GRANT `r`@`%` TO `c`@`%` WITH ADMIN OPTION', 'GRANT `r`@`%` TO {admin} WITH ADMIN OPTION']],
    ],
    [
      'a role more',
      ['GRANT `r`@`%` TO x'],
      [],
      [['+', 'GRANT `r`@`%` TO `c`@`%`', 'GRANT `r`@`%` TO {admin} WITH ADMIN OPTION']],
    ],
    [
      'partial revokes: what they leave out is lost, and what they left out is gained',
      ['REVOKE INSERT, UPDATE, CREATE ON `mysql`.* FROM x'],
      ['REVOKE CREATE, DELETE, DROP ON `mysql`.* FROM y'],
      [
        [
          '-',
          'REVOKE INSERT, UPDATE ON `mysql`.* FROM `c`@`%`',
          'GRANT INSERT, UPDATE ON `mysql`.* TO {admin} WITH GRANT OPTION',
        ],
        [
          '+',
          'GRANT DELETE, DROP ON `mysql`.* TO `c`@`%`',
          'GRANT DELETE, DROP ON `mysql`.* TO {admin} WITH GRANT OPTION',
        ],
      ],
    ],
    [
      'nothing for dynamic privileges that have their grant option already',
      ['GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO x WITH GRANT OPTION'],
      ['GRANT XA_RECOVER_ADMIN,BACKUP_ADMIN ON *.* TO y WITH GRANT OPTION'],
      [],
    ],
    [
      'a dynamic privilege more, and one less, beside one that stays with its grant option',
      ['GRANT BACKUP_ADMIN,ROLE_ADMIN ON *.* TO x WITH GRANT OPTION'],
      ['GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO y WITH GRANT OPTION'],
      [
        [
          '-',
          'REVOKE XA_RECOVER_ADMIN ON *.* FROM `c`@`%`',
          'GRANT XA_RECOVER_ADMIN ON *.* TO {admin} WITH GRANT OPTION',
        ],
        [
          '+',
          'GRANT ROLE_ADMIN ON *.* TO `c`@`%` WITH GRANT OPTION',
          'GRANT ROLE_ADMIN ON *.* TO {admin} WITH GRANT OPTION',
        ],
      ],
    ],
    [
      'the grant option on everything',
      ['GRANT ALL PRIVILEGES ON `a`.* TO x WITH GRANT OPTION'],
      ['GRANT ALL PRIVILEGES ON `a`.* TO y'],
      [
        [
          '+',
          'GRANT ALL PRIVILEGES ON `a`.* TO `c`@`%` WITH GRANT OPTION',
          'GRANT ALL PRIVILEGES ON `a`.* TO {admin} WITH GRANT OPTION',
        ],
      ],
    ],
    [
      'nothing for default roles that are named in another order',
      ['SET DEFAULT ROLE `r`, `s` FOR x'],
      ['SET DEFAULT ROLE `s`, `r` FOR y'],
      [],
    ],
    [
      'default roles of MariaDB',
      ['GRANT `r` TO x', 'SET DEFAULT ROLE `r` FOR x'],
      ['GRANT `r` TO y'],
      [['+', 'SET DEFAULT ROLE `r` FOR `c`@`%`', 'GRANT UPDATE ON `mysql`.* TO {admin}']],
      true,
    ],
    [
      'a default role less',
      ['GRANT `r` TO x'],
      ['GRANT `r` TO y', 'SET DEFAULT ROLE `r` FOR y'],
      [['-', 'SET DEFAULT ROLE NONE TO `c`@`%`', 'GRANT CREATE USER ON *.* TO {admin}']],
    ],
  ])('%s', (_, wanted, present, changes, mariadb = false) => {
    expect(changed(wanted, present, mariadb)).toEqual(changes);
  });
});

describe('the admin’s rights', () => {
  it('are asked for in one statement', () => {
    expect(grantsFor('rotator@10.%', ['CREATE USER', 'PROCESS'])).toBe(
      'GRANT CREATE USER, PROCESS ON *.* TO `rotator`@`10.%`',
    );
    expect(quotedAccount('odd@name@%')).toBe('`odd@name`@`%`');
  });

  it('are all missing where nothing is granted globally', () => {
    expect(missingPrivileges(parseGrants(['GRANT SELECT ON `a`.* TO x']), { mariadb: true, rds: false })).toEqual([
      'CREATE USER',
      'PROCESS',
      'CONNECTION ADMIN',
    ]);
  });

  it('are enough, or the error has the statement to run', () => {
    const enough = parseGrants(['GRANT CREATE USER, PROCESS, CONNECTION ADMIN ON *.* TO x WITH GRANT OPTION']);
    expect(() => requireRights(enough, state(), 'db:3306')).not.toThrow();
    expect(() => requireRights(parseGrants(['GRANT PROCESS ON *.* TO x']), state(), 'db:3306')).toThrow(
      expect.objectContaining({
        code: 'AdminPrivilegeMissing',
        message: expect.stringContaining(
          'db:3306 lacks privileges: run there once: GRANT CREATE USER, CONNECTION ADMIN ON',
        ),
      }),
    );
  });

  it('do not matter on a server that can only be read', () => {
    expect(() => requireRights(parseGrants([]), state({ readOnly: true }), 'db:3306')).toThrow(
      expect.objectContaining({ code: 'TargetFailed' }),
    );
  });
});
