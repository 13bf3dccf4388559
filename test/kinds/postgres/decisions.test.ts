import { describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { applied, decideChanges } from '../../../lib/kinds/postgres/changes.ts';
import { missingGrants, requireRights } from '../../../lib/kinds/postgres/rights.ts';
import type { Role, State } from '../../../lib/kinds/postgres/state.ts';

function role(name: string, changes: Partial<Role> = {}): Role {
  return {
    name,
    superuser: false,
    inherit: true,
    canLogin: true,
    replication: false,
    connectionLimit: -1,
    administered: true,
    inherited: false,
    settings: [],
    holdings: 0,
    memberships: [],
    ...changes,
  };
}

const actsAsBase = [{ database: null, entries: ['role=app'] }];

/** Nothing to do: the steady state. */
function state(changes: Partial<State> = {}): State {
  return {
    version: 160_004,
    standby: false,
    admin: 'rotator',
    superuser: false,
    createRole: true,
    signal: true,
    base: role('app'),
    clone: role('app_clone', { settings: actsAsBase }),
    membership: { inherit: true, set: true },
    ...changes,
  };
}

const nothing = { statements: [], options: [] };

function code(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof KeyturnError) return error.code;
    throw error;
  }
  return undefined;
}

describe('what an install changes beside the password', () => {
  it('is nothing in the steady state, whichever login has its turn', () => {
    expect(decideChanges(state(), 'app', 'app_clone')).toEqual(nothing);
    expect(decideChanges(state(), 'app', 'app')).toEqual(nothing);
  });

  it('is everything about a clone that does not exist', () => {
    const base = role('app', {
      connectionLimit: 7,
      replication: true,
      settings: [
        { database: null, entries: ['search_path=app, "$user", public', 'statement_timeout=5s'] },
        { database: 'shop', entries: ['work_mem=7MB'] },
      ],
    });
    expect(decideChanges(state({ base, clone: null, membership: null }), 'app', 'app_clone')).toEqual({
      statements: [
        'CREATE ROLE "app_clone"',
        'GRANT "app" TO "app_clone" WITH INHERIT TRUE, SET TRUE',
        `ALTER ROLE "app_clone" SET "role" TO 'app'`,
        `ALTER ROLE "app_clone" SET "search_path" TO 'app', '$user', 'public'`,
        `ALTER ROLE "app_clone" SET "statement_timeout" TO '5s'`,
        `ALTER ROLE "app_clone" IN DATABASE "shop" SET "work_mem" TO '7MB'`,
      ],
      options: ['CONNECTION LIMIT 7', 'REPLICATION'],
    });
  });

  it('follows what the base no longer has', () => {
    const clone = role('app_clone', {
      connectionLimit: 7,
      replication: true,
      settings: [
        { database: null, entries: ['role=app', 'work_mem=7MB'] },
        { database: 'shop', entries: ['ext.flag=on'] },
      ],
    });
    expect(decideChanges(state({ clone }), 'app', 'app_clone')).toEqual({
      statements: [
        'ALTER ROLE "app_clone" RESET "work_mem"',
        'ALTER ROLE "app_clone" IN DATABASE "shop" RESET "ext"."flag"',
      ],
      options: ['CONNECTION LIMIT -1', 'NOREPLICATION'],
    });
  });

  it('is no limit for a clone whose base has none', () => {
    expect(decideChanges(state({ clone: null }), 'app', 'app_clone').options).toEqual([]);
  });

  it.each([
    ['none', null, 160_000, 'GRANT "app" TO "app_clone" WITH INHERIT TRUE, SET TRUE'],
    [
      'one that does not inherit',
      { inherit: false, set: true },
      160_000,
      'GRANT "app" TO "app_clone" WITH INHERIT TRUE, SET TRUE',
    ],
    [
      'one without SET',
      { inherit: true, set: false },
      180_000,
      'GRANT "app" TO "app_clone" WITH INHERIT TRUE, SET TRUE',
    ],
    ['none, before options existed', null, 150_010, 'GRANT "app" TO "app_clone"'],
  ])('mends the membership: %s', (_what, membership, version, grant) => {
    expect(decideChanges(state({ membership, version }), 'app', 'app_clone').statements).toEqual([grant]);
  });

  it('makes the clone inherit where that is an attribute', () => {
    const clone = role('app_clone', { settings: actsAsBase, inherit: false });
    expect(decideChanges(state({ clone }), 'app', 'app_clone').options).toEqual(['INHERIT']);
  });

  it("keeps the role that the base's own settings act as", () => {
    const base = role('app', { settings: [{ database: null, entries: ['role=owner'] }] });
    expect(decideChanges(state({ base }), 'app', 'app_clone').statements).toEqual([
      `ALTER ROLE "app_clone" SET "role" TO 'owner'`,
    ]);
  });

  it('makes the base role where there is none, and no clone without a base', () => {
    const none = state({ base: null, clone: null, membership: null });
    expect(decideChanges(none, 'app', 'app')).toEqual({ statements: ['CREATE ROLE "app"'], options: [] });
    expect(code(() => decideChanges(none, 'app', 'app_clone'))).toBe('InvalidInput');
  });

  it.each([
    ['it owns something', { holdings: 2 }, 'PrivilegeLost'],
    ['it is a member of another role', { memberships: ['team'] }, 'PrivilegeLost'],
    ['it has nothing of its own', {}, undefined],
    ['it acts as the base, so its own privileges never counted', { holdings: 2, settings: actsAsBase }, undefined],
  ])('goes back to the base only where nothing is lost: %s', (_what, changes, expected) => {
    const clone = role('app_clone', changes);
    expect(code(() => decideChanges(state({ clone }), 'app', 'app'))).toBe(expected);
    expect(decideChanges(state({ clone: null }), 'app', 'app')).toEqual(nothing);
  });

  it.each([
    [{ holdings: 2 }, 'REASSIGN OWNED BY "app_clone" TO "app" in each database, and its grants to "app" instead'],
    [{ memberships: ['team', 'other'] }, 'GRANT "team" TO "app"; GRANT "other" TO "app"'],
    [
      { holdings: 1, memberships: ['team'] },
      'REASSIGN OWNED BY "app_clone" TO "app" in each database, and its grants to "app" instead; GRANT "team" TO "app"',
    ],
  ])('says how a base gets what the clone has: %j', (changes, remedies) => {
    const lost = () => decideChanges(state({ clone: role('app_clone', changes) }), 'app', 'app');
    expect(lost).toThrow(
      expect.objectContaining({ message: expect.stringMatching(new RegExp(`would lose it: ${remedies}$`)) }),
    );
  });

  it('is sent with the password as one text, the password last and in the same ALTER ROLE as the options', () => {
    const verifier = SecretValue.of("SCRAM-SHA-256$4096:x'y");
    const text = applied({ statements: ['CREATE ROLE "a"'], options: ['CONNECTION LIMIT 3'] }, 'a', verifier);
    expect(String(text)).toBe('[redacted]');
    expect(text.reveal()).toBe(
      `CREATE ROLE "a";\nALTER ROLE "a" WITH LOGIN CONNECTION LIMIT 3 PASSWORD 'SCRAM-SHA-256$4096:x''y' VALID UNTIL 'infinity'`,
    );
  });
});

describe('the grants that the admin lacks', () => {
  it.each<[string, Partial<State>, string[]]>([
    ['nothing', {}, []],
    ['a superuser lacks nothing', { superuser: true, createRole: false, signal: false }, []],
    [
      'ADMIN OPTION on both, from 16 on',
      { base: role('app', { administered: false }), clone: role('app_clone', { administered: false }) },
      [
        'GRANT "app" TO "rotator" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE',
        'GRANT "app_clone" TO "rotator" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE',
      ],
    ],
    [
      'ADMIN OPTION in 16 itself',
      { version: 160_000, base: role('app', { administered: false }) },
      ['GRANT "app" TO "rotator" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE'],
    ],
    ['no ADMIN OPTION before 16', { version: 150_010, base: role('app', { administered: false }) }, []],
    ['no role to administer yet', { clone: null }, []],
    ['pg_signal_backend', { signal: false }, ['GRANT pg_signal_backend TO "rotator"']],
    [
      'no pg_signal_backend where it has the privileges of both',
      { signal: false, base: role('app', { inherited: true }), clone: role('app_clone', { inherited: true }) },
      [],
    ],
    [
      'pg_signal_backend where it has the privileges of one',
      { signal: false, base: role('app', { inherited: true }) },
      ['GRANT pg_signal_backend TO "rotator"'],
    ],
    ['CREATEROLE', { createRole: false }, ['ALTER ROLE "rotator" CREATEROLE']],
  ])('%s', (_what, changes, grants) => {
    expect(missingGrants(state(changes))).toEqual(grants);
    expect(code(() => requireRights(state(changes), 'db:5432'))).toBe(
      grants.length > 0 ? 'AdminPrivilegeMissing' : undefined,
    );
  });

  it('do not matter on a standby, and are not enough for a superuser', () => {
    expect(code(() => requireRights(state({ standby: true }), 'db:5432'))).toBe('TargetFailed');
    expect(code(() => requireRights(state({ base: role('app', { superuser: true }) }), 'db:5432'))).toBe(
      'AdminPrivilegeMissing',
    );
  });
});
