import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { newPassword } from '../../../lib/core/password.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { createKind } from '../../../lib/kinds/postgres/index.ts';
import { parseTarget } from '../../../lib/kinds/postgres/schema.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';

const kind = createKind();
const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/admin-AbCdEf';
const plain = { host: 'db.example', database: 'shop', user: 'app', adminSecret: 'db/admin' };
const target = parseTarget(plain);
const document = {
  engine: 'postgres',
  host: 'db.example',
  port: 5432,
  username: 'app',
  password: 'canary',
  dbname: 'shop',
};
const value = (changes: Record<string, unknown> = {}) => SecretValue.of(JSON.stringify({ ...document, ...changes }));

function thrown(act: () => unknown): KeyturnError {
  try {
    act();
  } catch (error) {
    if (error instanceof KeyturnError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a target', () => {
  it('defaults to port 5432, the CAs of RDS, no replicas and no poolers', () => {
    expect(target).toEqual({ ...plain, port: 5432, tls: { ca: 'rds' }, replicas: [], poolers: [] });
    expect(parseTarget({ ...plain, replicas: [{ host: 'ro.example' }] }).replicas).toEqual([
      { host: 'ro.example', port: 5432 },
    ]);
  });

  it('takes a CA in PEM, and plaintext only with a reason', () => {
    const ca = createCertificateAuthority().certificate;
    expect(parseTarget({ ...plain, tls: { ca } }).tls).toEqual({ ca });
    const reason = 'loopback inside one container';
    expect(parseTarget({ ...plain, tls: { plaintext: reason } }).tls).toEqual({ plaintext: reason });
  });

  it.each([
    ['a field missing', { host: undefined }, 'target.host'],
    ['a URL for a host', { host: 'postgres://db.example' }, 'target.host'],
    ['a socket folder for a host', { host: '/var/run' }, 'target.host'],
    ['a port out of range', { port: 70_000 }, 'target.port'],
    ['an unknown field', { passwords: 1 }, 'passwords'],
    ['plaintext without a reason', { tls: { plaintext: 'yes' } }, 'target.tls'],
    ['a CA that is none', { tls: { ca: 'ca.pem' } }, 'target.tls'],
    [
      'a CA that does not parse',
      { tls: { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' } },
      'target.tls',
    ],
    ['a bad replica', { replicas: [{ host: 'a b' }] }, 'target.replicas.0.host'],
    ['the clone for the base', { user: 'app_clone' }, 'ends in _clone'],
    ['a reserved name', { user: 'pg_app' }, 'reserved'],
    ['a name whose clone PostgreSQL would cut off', { user: 'ä'.repeat(29) }, 'at most 57 bytes'],
  ])('is refused with the path of the mistake: %s', (_what, changes, path) => {
    const error = thrown(() => parseTarget({ ...plain, ...changes }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(path);
  });

  it('takes a name of 57 bytes', () => {
    expect(parseTarget({ ...plain, user: 'a'.repeat(57) }).user).toHaveLength(57);
  });
});

describe('a value', () => {
  it("is read in AWS's shape, with strings for ports and fields left out", () => {
    for (const changes of [
      {},
      { port: '5432' },
      { host: 'DB.example' },
      { username: 'app_clone' },
      { masterarn: arn },
      { engine: 'aurora-postgresql' },
    ]) {
      expect(kind.parse(value(changes), target)).toBeDefined();
    }
    const bare = value({ engine: undefined, host: undefined, port: undefined, dbname: undefined });
    const proposed = kind.propose(target, kind.parse(bare, target)).parse(JSON.parse);
    // Views can count on every field, also in a secret that did not have them.
    expect(proposed).toMatchObject({
      engine: 'postgres',
      host: target.host,
      port: target.port,
      dbname: target.database,
    });
  });

  it('may name the admin secret by ARN on either side', () => {
    const byArn = parseTarget({ ...plain, adminSecret: arn });
    expect(kind.parse(value({ masterarn: arn }), byArn)).toBeDefined();
    const other = arn.replace('db/admin', 'other/db/admin');
    expect(thrown(() => kind.parse(value({ masterarn: other }), byArn)).code).toBe('TargetMismatch');
    expect(thrown(() => kind.parse(value({ masterarn: other }), target)).code).toBe('TargetMismatch');
  });

  it.each([
    ['another engine', value({ engine: 'mysql' }), 'engine'],
    ['an empty password', value({ password: '' }), 'password'],
    ['a password that is no text', value({ password: 7 }), 'password'],
    ['a password without a user', value({ username: undefined }), 'username'],
    ['a bare password', SecretValue.of('canary'), 'no JSON object'],
    ['a text that starts like JSON', SecretValue.of('{"password": canary}'), 'no JSON object'],
  ])('is refused without being quoted: %s', (_what, malformed, word) => {
    const error = thrown(() => kind.parse(malformed, target));
    expect(error.code).toBe('SecretMalformed');
    expect(error.message).toContain(word);
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary');
  });
});

describe('a proposed value', () => {
  const propose = (from: SecretValue | undefined) => {
    const current = from && kind.parse(from, target);
    return kind.propose(target, current).parse(JSON.parse);
  };

  it('goes from the base to the clone and back, and keeps every other field as it is', () => {
    const own = { port: '5432', engine: 'aurora-postgresql', note: { by: 'a human' }, masterarn: arn };
    const first = propose(value(own));
    expect(first).toEqual({ ...document, ...own, username: 'app_clone', password: expect.any(String) });
    const second = propose(SecretValue.of(JSON.stringify(first)));
    expect(second.username).toBe('app');
    expect(new Set(['canary', first.password, second.password]).size).toBe(3);
  });

  it('starts with the base role, in full, where there is no credential', () => {
    expect(propose(undefined)).toEqual({ ...document, password: expect.any(String) });
    expect(kind.facts.initialValue(parseTarget({ ...plain, adminSecret: arn }))).toEqual({
      ...document,
      password: undefined,
      masterarn: arn,
    });
  });

  it('has a password of 32 letters and digits, each as likely as the other', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 2_000; n += 1) {
      const password = newPassword().reveal();
      expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
      for (const letter of password) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    // 64,000 draws of 62: 1,032 each, standard deviation 32; 6 of those either way is one run in ten million.
    expect(counts.size).toBe(62);
    for (const [letter, n] of counts) expect(Math.abs(n - 1_032), letter).toBeLessThan(6 * 32);
  });
});
