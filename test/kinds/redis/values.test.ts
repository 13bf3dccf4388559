import { scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { render } from '../../../lib/core/views/template.ts';
import { hashOf, identityOf } from '../../../lib/kinds/shared/redis-user/identity.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { sha256 } from './harness.ts';
import { kind } from './rotate.ts';

const inventory = {
  host: 'cache.example.com',
  nodes: [{ host: 'cache-1.example.com' }, { host: 'cache-2.example.com', port: 6380 }],
  user: 'app',
  adminSecret: 'cache/admin',
};
const target = kind.facts.parseTarget(inventory);
const value = (document: object) => SecretValue.of(JSON.stringify(document));
const fieldsOf = (secret: SecretValue) => secret.parse(JSON.parse);

describe('a target', () => {
  it('has the usual port and verified TLS unless it says otherwise', () => {
    expect(target).toEqual({
      ...inventory,
      port: 6379,
      nodes: [
        { host: 'cache-1.example.com', port: 6379 },
        { host: 'cache-2.example.com', port: 6380 },
      ],
      tls: { ca: 'public' },
    });
    const { certificate: ca } = createCertificateAuthority();
    expect(kind.facts.parseTarget({ ...inventory, tls: { ca } }).tls).toEqual({ ca });
  });

  it.each([
    ['no servers', { nodes: [] }, /target\.nodes: name every server/],
    ['a user with a blank', { user: 'my app' }, /target\.user: .*no blanks/],
    ['a URL for a host', { host: 'redis://cache' }, /target\.host/],
    ['plaintext without a reason', { tls: { plaintext: 'yes' } }, /target\.tls\.plaintext: say why/],
    ['a CA that is none', { tls: { ca: 'mine' } }, /target\.tls\.ca: 'public', or certificates/],
    ['no TLS and no word of it', { tls: {} }, /target\.tls: \{ ca: 'public' \}/],
    ['something unknown', { replicas: [] }, /replicas is not known here/],
  ])('with %s is refused', (_, changes, message) => {
    expect(() => kind.facts.parseTarget({ ...inventory, ...changes })).toThrow(message);
  });
});

describe('a value', () => {
  it('that names no user means the user default', () => {
    const legacy = kind.facts.parseTarget({ ...inventory, user: 'default' });
    expect(kind.parse(value({ password: 'x' }), legacy)?.username).toBe('default');
    expect(() => kind.parse(value({ password: 'x' }), target)).toThrow(/says username "default"/);
  });

  it('that is proposed keeps what is not ours and names what views need', () => {
    const current = kind.parse(value({ engine: 'valkey', username: 'app', password: 'x', database: 3 }), target);
    const { password, ...rest } = fieldsOf(kind.propose(target, current));
    expect(rest).toEqual({ engine: 'valkey', host: 'cache.example.com', port: 6379, username: 'app', database: 3 });
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
    const first = fieldsOf(kind.propose(target, undefined));
    expect(first).toEqual({ ...kind.facts.initialValue(target), password: expect.stringMatching(/^[A-Za-z0-9]{32}$/) });
  });

  it('gives views their URLs', () => {
    const document = value({ host: 'cache.example.com', port: 6379, username: 'app', password: 'p@ss/word' });
    expect(render('rediss://{username:url}:{password:url}@{host}:{port}', document).reveal()).toBe(
      'rediss://app:p%40ss%2Fword@cache.example.com:6379',
    );
    const twice = [1, 2].map(() => fieldsOf(kind.propose(target, undefined)).password);
    expect(twice[0]).not.toBe(twice[1]);
  });
});

describe('an identity', () => {
  const place = { host: 'cache.example.com', port: 6379 };
  const of = (user: string, password: string, changes = {}) =>
    identityOf({ user, ...place, ...changes }, hashOf(SecretValue.of(password)));

  it('names the user, and tells its passwords apart', () => {
    expect(of('app', 'one')).toMatch(/^app#[0-9a-f]{16}$/);
    expect(of('app', 'one')).toBe(of('app', 'one'));
    expect(of('app', 'one')).not.toBe(of('app', 'two'));
    expect(of('app', 'one').slice(4)).not.toBe(of('api', 'one').slice(4));
    expect(of('app', 'one')).not.toBe(of('app', 'one', { host: 'cache.example.org' }));
    expect(of('app', 'one')).not.toBe(of('app', 'one', { port: 6380 }));
    expect(of('app', 'one')).toBe(of('app', 'one', { host: 'Cache.Example.COM' }));
  });

  it('is no part of what a server stores, nor a plain hash of it', () => {
    const [, identity] = of('app', 'one').split('#');
    for (const hash of [sha256('one'), sha256(sha256('one'))]) expect(hash.startsWith(identity ?? '')).toBe(false);
  });

  it('costs whoever guesses at the password 16 MiB and tens of milliseconds for each guess', () => {
    const startedMs = process.cpuUsage().user / 1000;
    for (const guess of ['1', '2', '3', '4']) of('app', `guess-${guess}`);
    expect((process.cpuUsage().user / 1000 - startedMs) / 4).toBeGreaterThan(10);
    // N × r × 128 bytes: RFC 7914, section 2. With less memory scrypt refuses.
    const guess = () => scryptSync('one', 'salt', 8, { N: 2 ** 14, r: 8, p: 1, maxmem: 16 * 1024 * 1024 });
    expect(guess).toThrow(/memory limit/);
  });

  it('is told to those who ask again without that cost', () => {
    of('app', 'often');
    const startedMs = process.cpuUsage().user / 1000;
    for (let again = 0; again < 100; again += 1) of('app', 'often');
    expect(process.cpuUsage().user / 1000 - startedMs).toBeLessThan(2_000);
  });

  it('is scrypt of the stored hash, by parameters that never change', () => {
    const salt = 'keyturn:redis:app@cache.example.com:6379';
    const digits = scryptSync(sha256('one'), salt, 8, { N: 2 ** 14, r: 8, p: 1 }).toString('hex');
    expect(of('app', 'one')).toBe(`app#${digits}`);
  });

  it('is the same in every release: evidence names it', () => {
    expect(of('app', 'one')).toBe('app#af9b38510d82b6db');
  });
});
