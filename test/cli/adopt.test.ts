import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parameterNameOf } from '../../lib/core/entry.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { render } from '../../lib/core/views/template.ts';
import { factsOf, type KindId } from '../../lib/kinds/registry.ts';
import type { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import { buildCliEstate, type CliEstate } from './estate.ts';

let estate: CliEstate;
let secrets: SecretsManager;

beforeEach(async () => {
  estate = await buildCliEstate();
  secrets = estate.house.world.service<SecretsManager>('secretsmanager');
  for (const [name, value] of Object.entries(estate.env)) vi.stubEnv(name, value);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  const printed = estate.printed.join('\n');
  const denied = estate.operatorCalls().filter((call) => call.denied);
  await estate.close();
  expect(denied).toEqual([]);
  expect(printed).not.toMatch(/S3cr3t/);
});

const adopt = (...more: string[]) => estate.run(['adopt', ...more]);
const json = async (...more: string[]) => {
  const { code, out, err } = await adopt(...more, '--json');
  expect({ code, err }).toEqual({ code: 0, err: [] });
  return JSON.parse(out.join('\n'));
};
const changes = () =>
  estate
    .operatorCalls()
    .map(({ operation }) => operation)
    .filter((operation) => !/^(?:Get|List|Describe)/.test(operation));
const textOf = async (name: string) => (await estate.house.store.read(name, { label: 'AWSCURRENT' })).reveal();

const PASSWORD = 'S3cr3t/p@ss:w%rd';
const encoded = encodeURIComponent(PASSWORD);
const key = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXS3cr3tnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };

describe('keyturn adopt', () => {
  it('shows what a DATABASE_URL is, the entry to paste and the grants, and changes nothing', async () => {
    secrets.create({
      name: 'shop/DATABASE_URL',
      secretString: `postgresql://app:${encoded}@db.internal:6543/shop?sslmode=require`,
    });
    const { code, out, err } = await adopt('shop/DATABASE_URL');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out.join('\n')).toBe(`shop/DATABASE_URL holds a PostgreSQL URL: user app at db.internal, database shop

Add to the secrets in bin/inventory.ts:
    'shop/postgres-app': {
      kind: 'postgres',
      policy: 'monthly',
      target: {
        host: 'db.internal',
        port: 6543,
        database: 'shop',
        user: 'app',
        adminSecret: '<the admin secret>',
      },
      views: {
        'shop/DATABASE_URL': 'postgresql://{username:url}:{password:url}@db.internal:6543/shop?sslmode=require',
      },
      waves: [['<the service that reads it>']],
    },

Look at:
  - adminSecret: make a login that may do what is below, and a secret {"username", "password"} with it

The target needs, before the first rotation:
  CREATE ROLE rotator LOGIN CREATEROLE PASSWORD '…';
  GRANT pg_signal_backend TO rotator;
  GRANT app TO rotator WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;  -- PostgreSQL 15: WITH ADMIN OPTION
  -- and where app_clone exists already:
  GRANT app_clone TO rotator WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;

With --apply:
  make the secret shop/postgres-app with this credential
  tag shop/DATABASE_URL with keyturn:view=true

Nothing was changed.`);
    expect(changes()).toEqual([]);
  });

  it('makes the source and the tag with --apply, once, and leaves the adopted value as it is', async () => {
    const url = `postgresql://app:${encoded}@db.internal/shop`;
    secrets.create({ name: 'shop/DATABASE_URL', secretString: url });
    const argv = ['shop/DATABASE_URL', '--apply', '--as', 'shop/db', '--set', 'adminSecret=shop/db-admin'];
    const first = await json(...argv);
    expect(first).toMatchObject({
      source: 'shop/db',
      entry: { target: { adminSecret: 'shop/db-admin' } },
      changes: [
        { outcome: 'done', action: 'create-secret', secret: 'shop/db' },
        { outcome: 'done', action: 'tag', secret: 'shop/DATABASE_URL', key: 'keyturn:view', value: 'true' },
      ],
    });
    expect(JSON.parse(await textOf('shop/db'))).toEqual({
      engine: 'postgres',
      host: 'db.internal',
      port: 5432,
      username: 'app',
      password: PASSWORD,
      dbname: 'shop',
    });
    expect((await estate.house.store.describe('shop/DATABASE_URL')).tags).toEqual({ 'keyturn:view': 'true' });
    expect(await textOf('shop/DATABASE_URL')).toBe(url);
    expect((await json(...argv)).changes).toEqual([{ outcome: 'already', action: 'create-secret', secret: 'shop/db' }]);
  });

  it('overwrites nothing: a secret of that name with another value is left alone', async () => {
    secrets.create({ name: 'shop/PGBOUNCER_URL', secretString: `postgresql://app:${encoded}@pooler:6432/shop` });
    secrets.create({ name: 'shop/postgres-app', secretString: '{"something":"else"}' });
    for (const more of [[], ['--apply']]) {
      const { code, err } = await adopt('shop/PGBOUNCER_URL', ...more);
      expect({ code, err }).toEqual({ code: 2, err: [expect.stringContaining('it was left alone')] });
      expect(err[0]).toContain(`'shop/PGBOUNCER_URL': 'postgresql://{username:url}:{password:url}@pooler:6432/shop'`);
    }
    expect(await textOf('shop/postgres-app')).toBe('{"something":"else"}');
  });

  it('refuses a secret that RDS manages', async () => {
    secrets.create({ name: 'rds!db-1234', secretString: `{"username":"postgres","password":"${PASSWORD}"}` });
    const secret = secrets.secrets().find(({ name }) => name === 'rds!db-1234');
    if (secret) secret.owningService = 'rds';
    const { code, err } = await adopt('rds!db-1234');
    expect(code).toBe(2);
    expect(err).toEqual([expect.stringContaining('belongs to the AWS service rds')]);
  });

  it('says what rotates it now, and what becomes of that', async () => {
    const lambdaArn = 'arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerPostgreSQLRotation';
    secrets.create({
      name: 'shop/db',
      secretString: JSON.stringify({
        engine: 'postgres',
        host: 'db',
        username: 'app',
        password: PASSWORD,
        dbname: 'shop',
      }),
    });
    const secret = secrets.secrets().find(({ name }) => name === 'shop/db');
    if (secret) secret.rotation = { enabled: true, lambdaArn, rules: { AutomaticallyAfterDays: 30 } };
    const { notes, changes: wanted, source } = await json('shop/db');
    expect(notes).toContainEqual(expect.stringContaining(`${lambdaArn} rotates it now`));
    expect({ wanted, source }).toEqual({ wanted: [], source: 'shop/db' });
  });

  it.each([
    ['in the inventory', 'house/db', 'house/db is in the inventory already'],
    ['a view', 'house/URL', 'house/URL is a view of house/db already'],
    ['missing', 'house/gone', 'there is no secret house/gone'],
    ['of no kind', 'plain/text', 'plain/text holds a plain text, and no kind knows that by itself'],
    ['of no kind, in JSON', 'plain/json', 'plain/json holds a JSON object, and no kind knows that'],
  ])('refuses a secret that is %s', async (_, name, said) => {
    const entry = { ...estate.house.entry, views: [{ secret: 'house/URL', template: '{name}' }] };
    estate.ssm.put(parameterNameOf('house/db'), JSON.stringify(entry));
    secrets.create({ name: 'plain/text', secretString: PASSWORD });
    secrets.create({ name: 'plain/json', secretString: JSON.stringify({ password: PASSWORD }) });
    const { code, err } = await adopt(name);
    expect({ code: code > 0, err }).toEqual({ code: true, err: [expect.stringContaining(said)] });
  });

  it('refuses a --set that is none', async () => {
    expect(await adopt('house/db', '--set', 'adminSecret')).toMatchObject({ code: 2 });
  });
});

interface Known {
  text: string;
  kind: KindId;
  what: string;
  target: object;
  known?: Record<string, string>;
}

const database = { host: 'db', database: 'shop', user: 'app', adminSecret: '<the admin secret>' };
const awsJson = { engine: 'postgres', host: 'db', port: 5432, username: 'app', password: PASSWORD, dbname: 'shop' };
const masterarn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf';

describe('what is recognized', () => {
  const cases: Record<string, Known> = {
    'a driver in the scheme': {
      text: `postgresql+asyncpg://app:${encoded}@db/shop`,
      kind: 'postgres',
      what: 'a PostgreSQL URL: user app at db, database shop',
      target: database,
    },
    'a clone’s turn in a URL': {
      text: `postgres://app_clone:${encoded}@db:5432/shop`,
      kind: 'postgres',
      what: 'a PostgreSQL URL: user app_clone at db, database shop',
      target: database,
    },
    'AWS’s multi-user template': {
      text: JSON.stringify({ ...awsJson, username: 'app_clone', masterarn }),
      kind: 'postgres',
      what: "PostgreSQL JSON in AWS's shape with an admin secret beside it (its multi-user rotation template): user app_clone at db, database shop",
      target: { ...database, adminSecret: masterarn },
    },
    'a MySQL URL': {
      text: `mysql2://app:${encoded}@db:3307/shop`,
      kind: 'mysql',
      what: 'a MySQL URL: user app at db, database shop',
      target: { ...database, port: 3307 },
    },
    'MariaDB in AWS’s shape': {
      text: JSON.stringify({ ...awsJson, engine: 'mariadb', port: '3306' }),
      kind: 'mysql',
      what: "MySQL JSON in AWS's shape: user app at db, database shop",
      target: { ...database, engine: 'mariadb' },
    },
    'a REDIS_URL with TLS': {
      text: `rediss://app:${encoded}@cache:6380/0`,
      kind: 'redis',
      what: 'a Redis URL: user app at cache',
      target: {
        host: 'cache',
        port: 6380,
        nodes: [{ host: 'cache', port: 6380 }],
        user: 'app',
        adminSecret: '<the admin secret>',
      },
    },
    'a REDIS_URL without a user': {
      text: `redis://:${encoded}@cache`,
      kind: 'redis',
      what: 'a Redis URL: user default at cache',
      target: {
        host: 'cache',
        nodes: [{ host: 'cache' }],
        user: 'default',
        adminSecret: '<the admin secret>',
        tls: { plaintext: '<why that is safe here>' },
      },
    },
    'a key pair as environment variables': {
      text: JSON.stringify({ AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret, AWS_REGION: 'eu-west-1' }),
      kind: 'iam-access-key',
      what: `an access key of the IAM user uploader: ${key.id}`,
      target: { userName: 'uploader' },
      known: { userName: 'uploader' },
    },
    'a key pair in its own form': {
      text: JSON.stringify({ userName: 'uploader', accessKeyId: key.id, secretAccessKey: key.secret }),
      kind: 'iam-access-key',
      what: `an access key of the IAM user uploader: ${key.id}`,
      target: { userName: 'uploader' },
    },
    'a bare key of SendGrid': {
      text: `SG.${'a'.repeat(22)}.S3cr3t${'b'.repeat(37)}`,
      kind: 'http-api-key',
      what: `a bare API key of sendgrid: ${'a'.repeat(22)}`,
      target: {
        provider: 'sendgrid',
        adminSecret: '<the admin secret>',
        parameters: { scopes: ['mail.send'] },
        noLastUse: '<why the old key may die although nobody can tell whether it is used>',
      },
    },
    'a bare key of Anthropic': {
      text: `sk-ant-api03-S3cr3t${'c'.repeat(80)}\n`,
      kind: 'supplied',
      what: 'a bare API key of anthropic',
      target: {
        provider: 'anthropic',
        noLastUse: '<why the old key may end although nobody can tell whether it is still used>',
      },
    },
  };

  it.each(Object.entries(cases))(
    '%s: its kind, a target that the kind takes, and a view that is the same again',
    (_, given) => {
      const { text, kind, what, target, known = {} } = given;
      const facts = factsOf(kind);
      const adoption = facts.adopt?.(SecretValue.of(text), known);
      expect(adoption).toMatchObject({ what });
      expect(adoption?.target).toEqual(target);
      expect(() => facts.parseTarget(adoption?.target)).not.toThrow();
      expect(JSON.stringify(adoption)).not.toContain('S3cr3t');
      if (adoption?.source) expect(render(adoption.source.view, adoption.source.value).reveal()).toBe(text.trim());
      for (const [other, { kind: id }] of Object.entries(cases))
        if (id !== kind) expect(facts.adopt?.(SecretValue.of(cases[other]?.text ?? ''), {}), other).toBeUndefined();
    },
  );

  it.each([
    ['several hosts', `postgresql://app:${encoded}@a,b/shop`],
    ['a login in the query', `postgresql://app:${encoded}@db/shop?password=${encoded}`],
    ['no password', 'postgresql://app@db/shop'],
    ['a brace, which a view would take for a placeholder', `postgresql://app:${encoded}@db/shop?options={x}`],
    ['a temporary key', JSON.stringify({ accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey: key.secret })],
    ['an engine without a kind', JSON.stringify({ ...awsJson, engine: 'oracle' })],
    ['nothing', ''],
  ])('not %s', (_, text) => {
    for (const kind of ['postgres', 'mysql', 'redis', 'iam-access-key'] as const)
      expect(factsOf(kind).adopt?.(SecretValue.of(text), {})).toBeUndefined();
  });

  it('a key pair beside fields that may be secret is no view, and says so by name alone', () => {
    const text = JSON.stringify({ accessKeyId: key.id, secretAccessKey: key.secret, smtpPassword: PASSWORD });
    const adoption = factsOf('iam-access-key').adopt?.(SecretValue.of(text), { userName: 'uploader' });
    expect(adoption?.source).toBeUndefined();
    expect(adoption?.notes).toEqual([expect.stringContaining('smtpPassword')]);
    expect(JSON.stringify(adoption)).not.toContain('S3cr3t');
  });
});
