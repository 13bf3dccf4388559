import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Session } from '../../../lib/kinds/mysql/client.ts';
import { parseCredential } from '../../../lib/kinds/mysql/credential.ts';
import { decideAddition, decideRemoval, decideReplacement } from '../../../lib/kinds/mysql/dual/changes.ts';
import { takeLock } from '../../../lib/kinds/mysql/dual/lock.ts';
import { begunBefore, condemning } from '../../../lib/kinds/mysql/dual/sessions.ts';
import { type DualAccount, type DualState, requireDualPasswords } from '../../../lib/kinds/mysql/dual/state.ts';
import { isStored, type StoredPassword } from '../../../lib/kinds/mysql/dual/stored-password.ts';
import { mysql } from '../../../lib/kinds/mysql/facts.ts';
import { storedPassword } from '../../../lib/kinds/mysql/hash.ts';
import { parseTarget } from '../../../lib/kinds/mysql/schema.ts';
import { sha256Crypt } from '../../../lib/kinds/mysql/sha-crypt.ts';
import type { Change } from '../../../lib/kinds/mysql/statements.ts';

const targetOf = (more: object = {}) =>
  parseTarget({
    host: 'db.example',
    database: 'shop',
    user: 'app',
    adminSecret: 'db/admin',
    overlap: 'dual-passwords',
    ...more,
  });
const target = targetOf();
const native = 'mysql_native_password';
const sha2 = 'caching_sha2_password';
type Plugin = typeof native | typeof sha2;

const passwords = { current: 'canary-current', pending: 'canary-pending', stranger: 'canary-stranger' } as const;
type Name = keyof typeof passwords;
const [current, pending, stranger] = Object.values(passwords).map((text) => SecretValue.of(text)) as [
  SecretValue,
  SecretValue,
  SecretValue,
];
const salt = 'abcdefghijklmnopqrst';
const hashOf = (plugin: Plugin, name: Name) => storedPassword(plugin, SecretValue.of(passwords[name]), salt).reveal();

const asStored = (plugin: string, text: string): StoredPassword => ({
  plugin,
  head: Buffer.from(text).subarray(0, 27).toString('hex').toUpperCase(),
  print: createHash('sha256').update(text).digest('hex'),
});
/** An account with these passwords, the primary one first. */
const account = (names: readonly Name[], more: Partial<DualAccount> & { plugin?: Plugin } = {}): DualAccount => {
  const plugin = more.plugin ?? native;
  return {
    user: 'app',
    host: '%',
    plugin,
    several: false,
    passwords: names.map((name) => asStored(plugin, hashOf(plugin, name))),
    ...more,
  };
};
const state = (accounts: DualAccount[], mariadb = false): DualState => ({
  mariadb,
  readOnly: false,
  rds: false,
  admin: 'rotator@%',
  accounts,
});
/** What is said to the server, each password's hash by the password's name. */
const said = (changes: readonly Change[]) =>
  changes.map(({ statement }) =>
    statement
      .reveal()
      .replaceAll(/'(\*[0-9A-F]{40}|\$A\$[^']*)'/g, (_, text: string) => `<${nameOf(text) ?? 'unknown'}>`),
  );
const nameOf = (text: string) =>
  (Object.keys(passwords) as Name[]).find((name) => {
    const plugin = text.startsWith('*') ? native : sha2;
    return isStored(asStored(plugin, text), SecretValue.of(passwords[name]));
  });
const add = (accounts: DualAccount[], mariadb = false, stays: SecretValue | undefined = current, where = target) =>
  decideAddition(state(accounts, mariadb), where, { joins: pending, stays });
const remove = (accounts: DualAccount[], mariadb = false) =>
  decideRemoval(state(accounts, mariadb), target, { leaves: current, stays: pending });

const app = '`app`@`%`';
const mysqlAs = (name: Name, plugin: Plugin = native) => `IDENTIFIED WITH ${plugin} AS <${name}>`;

describe('a password that is added, on MySQL', () => {
  it('becomes the primary one, and the one that stays is retained: never is it named in cleartext', () => {
    const changes = add([account(['current'], { plugin: sha2 })]);
    expect(said(changes)).toEqual([`ALTER USER ${app} ${mysqlAs('pending', sha2)} RETAIN CURRENT PASSWORD`]);
    expect(changes.map(({ label }) => label)).toEqual([`ALTER USER ${app} IDENTIFIED … RETAIN CURRENT PASSWORD`]);
    expect(changes[0]?.statement.reveal()).not.toContain('canary');
  });

  it('is added once: who has it is left alone, whichever of the two it is', () => {
    expect(add([account(['pending', 'current'])])).toEqual([]);
    expect(add([account(['current', 'pending'])])).toEqual([]);
    expect(add([account(['pending'])])).toEqual([]);
    expect(add([account(['pending', 'stranger'])])).toEqual([]);
  });

  it('waits until the one that stays is primary: RETAIN would forget a secondary one', () => {
    expect(said(add([account(['stranger', 'current'])]))).toEqual([
      `ALTER USER ${app} ${mysqlAs('current')}`,
      `ALTER USER ${app} ${mysqlAs('pending')} RETAIN CURRENT PASSWORD`,
    ]);
    expect(said(add([account(['current', 'stranger'])]))).toEqual([
      `ALTER USER ${app} ${mysqlAs('pending')} RETAIN CURRENT PASSWORD`,
    ]);
  });

  it('goes to every host in one statement, each by what it has', () => {
    const accounts = [
      account(['stranger', 'current'], { host: 'a' }),
      account(['current'], { host: 'b', plugin: sha2 }),
      account(['pending', 'current'], { host: 'c' }),
    ];
    expect(said(add(accounts))).toEqual([
      `ALTER USER \`app\`@\`a\` ${mysqlAs('current')}`,
      `ALTER USER \`app\`@\`a\` ${mysqlAs('pending')} RETAIN CURRENT PASSWORD, \`app\`@\`b\` ${mysqlAs('pending', sha2)} RETAIN CURRENT PASSWORD`,
    ]);
  });

  it('is the only one where there is none to stay, a secondary one discarded before', () => {
    expect(
      said(decideAddition(state([account(['stranger', 'current'])]), target, { joins: pending, stays: undefined })),
    ).toEqual([`ALTER USER ${app} DISCARD OLD PASSWORD`, `ALTER USER ${app} ${mysqlAs('pending')}`]);
    const nobody = decideAddition(state([]), targetOf({ hosts: ['%', '10.%'] }), { joins: pending, stays: undefined });
    expect(said(nobody)).toEqual([
      `CREATE USER IF NOT EXISTS ${app} ${mysqlAs('pending', sha2)}, \`app\`@\`10.%\` ${mysqlAs('pending', sha2)}`,
    ]);
    expect(nobody[0]?.label).toBe(`CREATE USER IF NOT EXISTS ${app}, \`app\`@\`10.%\` IDENTIFIED …`);
  });
});

describe('a password that is added, on MariaDB', () => {
  it('stands beside the one that stays, in one statement that can be run again', () => {
    for (const names of [['current'], ['current', 'stranger'], ['stranger', 'current']] as const) {
      const changes = add([account(names)], true);
      expect(said(changes)).toEqual([
        `ALTER USER ${app} IDENTIFIED VIA ${native} USING <pending> OR ${native} USING <current>`,
      ]);
      expect(changes[0]?.label).toBe(`ALTER USER ${app} IDENTIFIED … OR …`);
    }
    expect(add([account(['pending', 'current'])], true)).toEqual([]);
  });

  it('is the only one where there is none to stay', () => {
    const accounts = [account(['current', 'stranger'])];
    expect(said(decideAddition(state(accounts, true), target, { joins: pending, stays: undefined }))).toEqual([
      `ALTER USER ${app} IDENTIFIED VIA ${native} USING <pending>`,
    ]);
    expect(said(decideAddition(state([], true), target, { joins: pending, stays: undefined }))).toEqual([
      `CREATE USER IF NOT EXISTS ${app} IDENTIFIED VIA ${native} USING <pending>`,
    ]);
  });
});

describe('a password that is removed', () => {
  it('is discarded on MySQL, after the one that stays has become primary', () => {
    expect(said(remove([account(['pending', 'current'])]))).toEqual([`ALTER USER ${app} DISCARD OLD PASSWORD`]);
    expect(said(remove([account(['current', 'pending'])]))).toEqual([
      `ALTER USER ${app} ${mysqlAs('pending')}`,
      `ALTER USER ${app} DISCARD OLD PASSWORD`,
    ]);
  });

  it('is left out on MariaDB', () => {
    for (const names of [
      ['pending', 'current'],
      ['current', 'pending'],
    ] as const) {
      expect(said(remove([account(names)], true))).toEqual([
        `ALTER USER ${app} IDENTIFIED VIA ${native} USING <pending>`,
      ]);
    }
  });

  it.each([false, true])(
    'goes alone: no other one ends, nor is anything said when it has gone (MariaDB: %s)',
    (mariadb) => {
      expect(remove([account(['pending'])], mariadb)).toEqual([]);
      expect(remove([account(['pending', 'stranger'])], mariadb)).toEqual([]);
      expect(remove([], mariadb)).toEqual([]);
    },
  );

  it('makes room for one that nobody knows where none is to stay', () => {
    const versions = { leaves: current, instead: pending };
    expect(said(decideReplacement(state([account(['current', 'stranger'])]), versions))).toEqual([
      `ALTER USER ${app} DISCARD OLD PASSWORD`,
      `ALTER USER ${app} ${mysqlAs('pending')}`,
    ]);
    expect(said(decideReplacement(state([account(['current'])], true), versions))).toEqual([
      `ALTER USER ${app} IDENTIFIED VIA ${native} USING <pending>`,
    ]);
    expect(decideReplacement(state([account(['stranger'])]), versions)).toEqual([]);
  });
});

describe.each([false, true])('refused, with nothing said to the server (MariaDB: %s)', (mariadb) => {
  const refusal = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error('nothing was refused');
  };

  it('is an account that does not accept what is to stay', () => {
    const accounts = [account(['current']), account(['stranger'], { host: '10.%' })];
    for (const act of [() => add(accounts, mariadb), () => remove([account(['current'])], mariadb)]) {
      const { code, message } = refusal(act);
      expect(code).toBe('TargetUnfit');
      expect(message).toContain('nobody recorded and somebody may use');
      expect(message).not.toContain('canary');
    }
    expect(refusal(() => add(accounts, mariadb)).message).toMatch(/^`app`@`10\.%` does not/);
    expect(refusal(() => add([], mariadb))).toMatchObject({
      code: 'TargetUnfit',
      message: expect.stringContaining('no user "app"'),
    });
  });

  it('is a plugin without hashes of ours, another method beside it, and hosts of others', () => {
    for (const [what, more] of [
      ['auth_socket', { plugin: 'auth_socket' as Plugin }],
      ['more than two', { several: true }],
    ] as const) {
      const accounts = [account(['current']), { ...account(['current']), ...more, host: '10.%' }];
      for (const act of [
        () => add(accounts, mariadb),
        () => remove(accounts, mariadb),
        () => decideReplacement(state(accounts, mariadb), { leaves: current, instead: pending }),
      ]) {
        expect(refusal(act)).toMatchObject({ code: 'InvalidInput', message: expect.stringContaining(what) });
      }
    }
    const pinned = targetOf({ hosts: ['10.%'] });
    expect(refusal(() => add([account(['current'])], mariadb, current, pinned)).code).toBe('InvalidInput');
  });
});

/** MySQL's two places per account, after the manual: https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords */
class Model {
  readonly places = new Map<string, { primary: string; secondary: string | undefined }>();

  constructor(hosts: readonly string[], primary: Name, secondary: Name | undefined) {
    for (const host of hosts) {
      this.places.set(host, {
        primary: hashOf(native, primary),
        secondary: secondary && hashOf(native, secondary),
      });
    }
  }

  run(statement: string): void {
    for (const clause of statement.replace(/^ALTER USER /, '').split(/, (?=`app`)/)) {
      const [, host = '', text, retain, discard] =
        /^`app`@`([^`]+)` (?:IDENTIFIED WITH mysql_native_password AS '([^']+)'( RETAIN CURRENT PASSWORD)?|(DISCARD OLD PASSWORD))$/.exec(
          clause,
        ) ?? [];
      const place = this.places.get(host);
      if (place === undefined) throw new Error(`MySQL does not know: ${clause}`);
      if (discard) place.secondary = undefined;
      if (retain) place.secondary = place.primary;
      if (text) place.primary = text;
    }
  }

  state(): DualState {
    return state(
      [...this.places].map(([host, { primary, secondary }]) => ({
        ...account([], { host }),
        passwords: [primary, secondary].flatMap((text) => (text === undefined ? [] : [asStored(native, text)])),
      })),
    );
  }

  accepts(name: Name): boolean {
    const text = hashOf(native, name);
    return [...this.places.values()].every(({ primary, secondary }) => primary === text || secondary === text);
  }
}

describe('on a model of MySQL, from every state', () => {
  const names: readonly Name[] = ['current', 'pending', 'stranger'];
  const states = names.flatMap((primary) => [undefined, ...names].map((secondary) => ({ primary, secondary })));
  const having = (name: Name) => states.filter((one) => one.primary === name || one.secondary === name);

  it('loses what stays when RETAIN is run twice: what is guarded against', () => {
    const model = new Model(['%'], 'current', undefined);
    const [change] = add(model.state().accounts);
    for (const _twice of [1, 2]) model.run(change?.statement.reveal() ?? '');
    expect([model.accepts('pending'), model.accepts('current')]).toEqual([true, false]);
  });

  it.each(having('current'))(
    'accepts the current password ($primary, $secondary) after each statement, dies there, and ends with both',
    ({ primary, secondary }) => {
      for (let dying = 0; dying < 3; dying += 1) {
        const model = new Model(['%', '10.%'], primary, secondary);
        for (const statementsLeft of [dying, 9, 9]) {
          for (const change of add(model.state().accounts).slice(0, statementsLeft)) {
            model.run(change.statement.reveal());
            expect(model.accepts('current')).toBe(true);
          }
        }
        expect([model.accepts('current'), model.accepts('pending')]).toEqual([true, true]);
      }
    },
  );

  it.each(having('pending'))(
    'accepts the password to keep ($primary, $secondary) after each statement of a removal, dies there, and ends without the old',
    ({ primary, secondary }) => {
      for (let dying = 0; dying < 3; dying += 1) {
        const model = new Model(['%', '10.%'], primary, secondary);
        for (const statementsLeft of [dying, 9, 9]) {
          for (const change of remove(model.state().accounts).slice(0, statementsLeft)) {
            model.run(change.statement.reveal());
            expect(model.accepts('pending')).toBe(true);
          }
        }
        expect([model.accepts('pending'), model.accepts('current')]).toEqual([true, false]);
        expect(model.accepts('stranger')).toBe([primary, secondary].includes('stranger'));
      }
    },
  );

  it('goes through rotations and ways back', () => {
    const model = new Model(['%'], 'current', undefined);
    const run = (changes: Change[]) => changes.forEach(({ statement }) => void model.run(statement.reveal()));
    run(add(model.state().accounts));
    // Back, and forward again.
    run(decideRemoval(model.state(), target, { leaves: pending, stays: current }));
    expect([model.accepts('current'), model.accepts('pending')]).toEqual([true, false]);
    run(add(model.state().accounts));
    run(remove(model.state().accounts));
    // Undone, and done again.
    run(decideAddition(model.state(), target, { joins: current, stays: pending }));
    expect([model.accepts('current'), model.accepts('pending')]).toEqual([true, true]);
    run(remove(model.state().accounts));
    run(decideAddition(model.state(), target, { joins: stranger, stays: pending }));
    expect([model.accepts('stranger'), model.accepts('pending'), model.accepts('current')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('a password that the server stores', () => {
  it('is known again by what MySQL itself stored of it', () => {
    // CREATE USER 'foo'@'%' IDENTIFIED BY 'foobar'; SELECT HEX(authentication_string) …: in the comments of
    // https://github.com/pingcap/tidb/blob/master/pkg/parser/auth/caching_sha2.go
    const text = Buffer.from(
      '24412430303524031A69251C34295C4B35167C7F1E5A7B63091349503974624D34504B5A424679354856336868686F52485A736E4A733368786E427575516C73446469496537',
      'hex',
    ).toString();
    expect(isStored(asStored(sha2, text), SecretValue.of('foobar'))).toBe(true);
    expect(isStored(asStored(sha2, text), SecretValue.of('foobaz'))).toBe(false);
    // `SELECT PASSWORD('password')`
    const old = '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19';
    expect(isStored(asStored(native, old), SecretValue.of('password'))).toBe(true);
    expect(isStored(asStored(native, old), SecretValue.of('Password'))).toBe(false);
  });

  it('with other rounds is computed with those', () => {
    const digest = sha256Crypt(Buffer.from(passwords.current), Buffer.from(salt), 16_000);
    expect(isStored(asStored(sha2, `$A$010$${salt}${digest}`), current)).toBe(true);
    expect(isStored(asStored(sha2, `$A$005$${salt}${digest}`), current)).toBe(false);
  });

  it('of another plugin, or of a form that is none, is none of ours', () => {
    expect(isStored({ ...asStored(native, hashOf(native, 'current')), plugin: 'ed25519' }, current)).toBe(false);
    for (const text of ['', '$A$005$short', '$B$005$aaaaaaaaaaaaaaaaaaaaaaaa', '$A$00g$aaaaaaaaaaaaaaaaaaaaaaaa']) {
      expect(isStored(asStored(sha2, text), current), text).toBe(false);
    }
  });
});

describe('a server', () => {
  it.each([
    ['8.0.14', false],
    ['8.0.36', false],
    ['8.4.0', false],
    ['9.7.1', false],
    ['10.4.0-MariaDB', true],
    ['10.11.19-MariaDB-0+deb12u1-log', true],
    ['11.0.2-MariaDB', true],
  ])('of version %s has two passwords', (version, mariadb) => {
    expect(() => requireDualPasswords(version, mariadb)).not.toThrow();
  });

  it.each([
    ['8.0.13', false],
    ['5.7.44-log', false],
    ['10.3.39-MariaDB', true],
    ['?', false],
  ])('of version %s has one: take turns', (version, mariadb) => {
    expect(() => requireDualPasswords(version, mariadb)).toThrow(
      expect.objectContaining({ code: 'TargetUnfit', message: expect.stringContaining('leave target.overlap out') }),
    );
  });
});

describe('the lock', () => {
  const taking = async (taken: number | string | null) => {
    const asked: string[] = [];
    const session: Session = {
      rows: async (statement) => {
        asked.push(statement);
        return [{ taken }];
      },
      run: () => Promise.reject(new Error('it changes nothing')),
    };
    await takeLock(session, "a'pp", 'db.example:3306');
    return asked;
  };

  it('is named after the user', async () => {
    expect(await taking('1')).toEqual(["SELECT GET_LOCK(CONCAT('keyturn:', SHA1(X'61277070')), 6) AS taken"]);
  });

  it.each([0, null])('that another call holds (%s) is an error that goes away', async (taken) => {
    await expect(taking(taken)).rejects.toMatchObject({
      code: 'TargetBusy',
      retryable: true,
      message: 'another call is changing the passwords of "a\'pp" at db.example:3306',
    });
  });
});

describe('sessions from before the promotion', () => {
  const session = (id: number | string, seconds: number | string | null) => ({ id, seconds, client: '10.0.0.1' });
  const [promotedAtMs, askedAtMs] = [100_000, 160_000];
  const ids = (...open: ReturnType<typeof session>[]) => begunBefore(open, promotedAtMs, askedAtMs).map(({ id }) => id);

  it('are those that were idle since, in doubt by a second', () => {
    expect(ids(session(1, 58), session(2, 60), session(3, '61'))).toEqual([1, 2, 3]);
    expect(ids(session(1, 59))).toEqual([]);
    expect(ids(session(1, 60))).toEqual([1]);
    expect(ids(session(1, null), session(2, 0))).toEqual([1]);
  });

  it('and whatever is older than such a one, busy or not', () => {
    expect(ids(session('7', 0), session(9, 0), session('10', 3), session(8, 61))).toEqual(['7', 8]);
    expect(ids()).toEqual([]);
  });

  it('stay condemned; without an instant all that are there at first, and nobody who comes later', () => {
    const old = condemning(promotedAtMs);
    expect(old([session(1, 61), session(2, 0)], askedAtMs).map(({ id }) => id)).toEqual([1]);
    expect(old([session(1, 0), session(2, 0)], askedAtMs).map(({ id }) => id)).toEqual([1]);
    const all = condemning(undefined);
    expect(all([session(1, 0), session(2, 0)], askedAtMs)).toHaveLength(2);
    expect(all([session(2, 0), session(3, 0)], askedAtMs)).toHaveLength(2);
    expect(all([session(4, 0)], askedAtMs)).toEqual([]);
  });
});

describe('a target with two passwords of one user', () => {
  it('keeps the user’s name, so that a view may hold the password alone', () => {
    const roles = (overlap: string) => ({ ...mysql.fields, ...mysql.fieldsOf?.(targetOf({ overlap })) });
    expect(roles('dual-passwords')).toEqual({ ...roles('alternating-users'), username: 'plain' });
    expect(roles('alternating-users')['username']).toBe('identity');
  });

  it('refuses the clone’s turn, and not in words that make somebody edit the value', () => {
    const { host, port, user, database } = targetOf({});
    const document = { engine: 'mysql', host, port, dbname: database, password: 'a-password' };
    const parse = (username: string) =>
      parseCredential(SecretValue.of(JSON.stringify({ ...document, username })), targetOf({}));
    expect(parse(user)?.username).toBe(user);
    expect(() => parse(`${user}_clone`)).toThrow(/whose turn it is of two users: leave its value as it is/);
    expect(() => parse('somebody')).toThrow(/correct the one that is wrong/);
  });

  it('is said so, and may have a name that leaves no room for a clone', () => {
    expect(parseTarget({ host: 'h.example', database: 'd', user: 'u', adminSecret: 'a' }).overlap).toBe(
      'alternating-users',
    );
    expect(targetOf({ user: 'u'.repeat(32) }).overlap).toBe('dual-passwords');
    expect(targetOf({ user: 'app_clone' }).user).toBe('app_clone');
    expect(() => targetOf({ user: 'u'.repeat(33) })).toThrow(/target\.user: at most 32 characters/);
    expect(() => targetOf({ user: 'u ' })).toThrow(/no user name ends in a space/);
    expect(() => targetOf({ overlap: 'two-slots' })).toThrow(/target\.overlap/);
  });
});
