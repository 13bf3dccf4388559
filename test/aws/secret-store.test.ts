import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';

const { signal } = new AbortController();
const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'no error',
    (error: unknown) => (error instanceof KeyturnError ? error.code : `not named: ${inspect(error)}`),
  );

describe('the store, on Secrets Manager', () => {
  let world: Awaited<ReturnType<typeof startSimulator>>;
  let store: ReturnType<typeof secretStore>;
  let secrets: SecretsManager;
  beforeAll(async () => {
    world = await startSimulator();
    secrets = world.service<SecretsManager>('secretsmanager');
    const { endpoint, region, rootCredentials: credentials } = world;
    store = secretStore(new SecretsManagerClient({ endpoint, region, credentials, maxAttempts: 1 }), signal);
  });
  afterAll(() => world.close());

  it('keeps the first value of a token, and says so', async () => {
    const arn = secrets.create({ name: 'one', secretString: 'first' });
    const token = randomUUID();
    expect(await store.put(arn, token, SecretValue.of('second'), 'AWSPENDING')).toBe('written');
    expect(await store.put(arn, token, SecretValue.of('second'), 'AWSPENDING')).toBe('written');
    expect(await store.put(arn, token, SecretValue.of('third'), 'AWSPENDING')).toBe('kept');
    expect((await store.read(arn, { versionId: token, label: 'AWSPENDING' })).reveal()).toBe('second');
  });

  it('moves a label only from where it is', async () => {
    const arn = secrets.create({ name: 'two', secretString: 'first' });
    const token = randomUUID();
    await store.put(arn, token, SecretValue.of('second'), 'AWSPENDING');
    expect(await codeOf(store.moveLabel(arn, 'AWSCURRENT', { to: token }))).toBe('LabelMoved');
    expect(await codeOf(store.moveLabel(arn, 'AWSCURRENT', { from: token, to: token }))).toBe('LabelMoved');
    const { versions } = await store.describe('two');
    const [current = ''] = Object.entries(versions).find(([, labels]) => labels.includes('AWSCURRENT')) ?? [];
    await store.moveLabel(arn, 'AWSCURRENT', { from: current, to: token });
    expect((await store.read(arn, { label: 'AWSCURRENT' })).reveal()).toBe('second');
  });

  it('tells a secret that is missing from a version that is, and from a label that is elsewhere', async () => {
    const arn = secrets.create({ name: 'three', secretString: 'first' });
    const [current = ''] = Object.keys((await store.describe(arn)).versions);
    expect(await codeOf(store.describe('nobody'))).toBe('SecretNotFound');
    expect(await codeOf(store.read('nobody', { label: 'AWSCURRENT' }))).toBe('SecretNotFound');
    expect(await codeOf(store.read(arn, { label: 'AWSPENDING' }))).toBe('VersionNotReadable');
    expect(await codeOf(store.read(arn, { versionId: randomUUID() }))).toBe('VersionNotReadable');
    expect(await codeOf(store.read(arn, { versionId: current, label: 'AWSPENDING' }))).toBe('LabelMoved');
  });

  it('lists versions without a label too, page by page', async () => {
    const arn = secrets.create({ name: 'four', secretString: 'first' });
    const tokens = Array.from({ length: 5 }, () => randomUUID());
    for (const token of tokens) await store.put(arn, token, SecretValue.of(token), 'AWSPENDING');
    expect(await store.listVersionIds(arn)).toEqual(expect.arrayContaining(tokens));
  });

  it('tags and untags', async () => {
    const arn = secrets.create({ name: 'five', secretString: 'first' });
    await store.tag(arn, 'keyturn:intent', 'a/b+c');
    expect((await store.describe(arn)).tags).toEqual({ 'keyturn:intent': 'a/b+c' });
    await store.untag(arn, 'keyturn:intent');
    expect((await store.describe(arn)).tags).toEqual({});
  });
});

describe('the store, when AWS fails', () => {
  const client = new SecretsManagerClient({ region: 'eu-central-1' });
  const store = secretStore(client, signal);
  const failing = (name: string, message = 'said AWS') => Object.assign(new Error(message), { name });

  it.each([
    ['AccessDeniedException', 'AccessDenied'],
    ['ThrottlingException', 'AwsUnavailable'],
    ['InternalServiceError', 'AwsUnavailable'],
    ['TimeoutError', 'AwsUnavailable'],
    ['AbortError', 'AwsUnavailable'],
  ])('names %s as %s', async (name, code) => {
    const mock = mockClient(client);
    mock.on(DescribeSecretCommand).rejects(failing(name));
    expect(await codeOf(store.describe('s'))).toBe(code);
    mock.restore();
  });

  it('refuses a binary secret', async () => {
    const mock = mockClient(client);
    mock.on(GetSecretValueCommand).resolves({ SecretBinary: new Uint8Array([1]) });
    expect(await codeOf(store.read('s', {}))).toBe('SecretMalformed');
    mock.restore();
  });

  it('has no value in the error of a failed put, nor in its cause', async () => {
    const mock = mockClient(client);
    mock.on(PutSecretValueCommand).rejects(failing('InternalServiceError'));
    const error = await store.put('s', randomUUID(), SecretValue.of('canary'), 'AWSPENDING').catch((it: unknown) => it);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
    mock.restore();
  });
});
