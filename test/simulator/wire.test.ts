import { connect } from 'node:net';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { Credentials, Route, Service } from '../../lib/simulator/types.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig, roleSession } from './support/actors.ts';
import { fakeClock } from './support/fake-clock.ts';

let world: SimulatedWorld;
beforeEach(async () => {
  world = await startSimulator();
});
afterEach(() => world.close());

const sts = (credentials: Credentials) =>
  new STSClient(clientConfig(world, credentials)).send(new GetCallerIdentityCommand({}));
const secrets = (credentials: Credentials) =>
  new SecretsManagerClient(clientConfig(world, credentials)).send(new ListSecretsCommand({}));
const s3 = (credentials: Credentials) =>
  new S3Client(clientConfig(world, credentials)).send(new ListBucketsCommand({}));

describe('signatures (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html)', () => {
  it.each([
    ['query', sts, 'SignatureDoesNotMatch', 403],
    ['JSON', secrets, 'InvalidSignatureException', 400],
    ['REST XML', s3, 'SignatureDoesNotMatch', 403],
  ] as const)('with the wrong secret are refused in the words of %s', async (_protocol, ask, name, httpStatusCode) => {
    const forged = { ...world.rootCredentials, secretAccessKey: 'wrong' };
    await expect(ask(forged)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    await ask(world.rootCredentials);
  });

  it.each([
    ['query', sts, 'InvalidClientTokenId'],
    ['JSON', secrets, 'UnrecognizedClientException'],
    ['REST XML', s3, 'InvalidAccessKeyId'],
  ] as const)('of an unknown key are refused in the words of %s', async (_protocol, ask, name) => {
    const unknown = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
    await expect(ask(unknown)).rejects.toMatchObject({ name });
  });

  it('of a session need its token', async () => {
    const { credentials } = await roleSession(world, 'any');
    const { sessionToken: _left, ...bare } = credentials;
    await expect(sts(bare)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await sts(credentials);
  });

  it('cover the body: one changed afterwards is refused', async () => {
    const client = new SecretsManagerClient(clientConfig(world));
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: Uint8Array };
        request.body = Buffer.from(Buffer.from(request.body).toString().replace('honest', 'forged'));
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tamper' },
    );
    await expect(client.send(new CreateSecretCommand({ Name: 'honest', SecretString: 'x' }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  it('cover the path, signed as it is sent for S3', async () => {
    const client = new S3Client(clientConfig(world));
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { path: string };
        request.path = request.path.replace('honest', 'forged');
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tamper' },
    );
    await expect(client.send(new CreateBucketCommand({ Bucket: 'honest' }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
  });

  it('are asked for: an unsigned request is refused', async () => {
    const answer = await fetch(world.endpoint, { method: 'POST', body: 'Action=GetCallerIdentity' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });
});

describe('clock skew (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html)', () => {
  it('of more than five minutes either way is refused, and the Date header lets a client correct itself', async () => {
    for (const minutes of [-6, 6]) {
      const clock = fakeClock();
      const skewed = await startSimulator({ clock });
      try {
        clock.advance(minutes * 60_000);
        const config = clientConfig(skewed, skewed.rootCredentials);
        const once = new SecretsManagerClient(config).send(new ListSecretsCommand({}));
        await expect(once).rejects.toMatchObject({
          name: 'InvalidSignatureException',
          message: expect.stringMatching(/^Signature (expired|not yet current)/),
        });
        const patient = new SecretsManagerClient({ ...config, maxAttempts: 3 });
        await patient.send(new ListSecretsCommand({}));
      } finally {
        await skewed.close();
      }
    }
  });
});

describe('a REST service', () => {
  const routes: readonly Route[] = [
    { operation: 'GetThing', method: 'GET', path: '/v1/things/{Name}', query: { version: 'Version' } },
    { operation: 'ListThings', method: 'GET', path: '/v1/things' },
    {
      operation: 'RunThing',
      method: 'POST',
      path: '/v1/things/{Name}/runs',
      headers: { 'x-amz-how': 'How' },
      payload: 'Payload',
      response: { statusMember: 'Code', headers: { 'x-amz-went': 'Went' }, payload: 'Payload' },
    },
  ];
  const echo = { needs: () => [], run: (input: Record<string, unknown>) => ({ ...input, At: new Date(1_500) }) };
  const thing: Service = {
    name: 'thing',
    wire: { protocol: 'rest-json', routes },
    operations: {
      GetThing: echo,
      ListThings: echo,
      RunThing: {
        needs: () => [],
        run: ({ Payload: payload, How: how }) => ({
          Code: 202,
          Went: how,
          Payload: Buffer.from(payload as Uint8Array)
            .toString()
            .toUpperCase(),
        }),
      },
    },
  };

  async function ask(method: string, path: string, options: { body?: string; headers?: Record<string, string> } = {}) {
    const { Sha256 } = await import('@aws-crypto/sha256-js');
    const { SignatureV4 } = await import('@smithy/signature-v4');
    const url = new URL(path, world.endpoint);
    const signer = new SignatureV4({
      service: 'thing',
      region: world.region,
      credentials: world.rootCredentials,
      sha256: Sha256,
    });
    const { headers } = await signer.sign({
      method,
      protocol: 'http:',
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, ...options.headers },
      body: options.body,
    });
    return fetch(url, { method, headers, ...(options.body !== undefined && { body: options.body }) });
  }

  beforeEach(() => world.register(thing));

  it('finds its operation by method and path, with labels and query as input', async () => {
    const answer = await ask('GET', '/v1/things/a%3Ab%2Fc?version=3');
    expect(await answer.json()).toEqual({ Name: 'a:b/c', Version: '3', At: 1.5 });
    expect(await (await ask('GET', '/v1/things')).json()).toEqual({ At: 1.5 });
  });

  it('may take a raw body and headers, and answer status, headers and a raw body', async () => {
    const answer = await ask('POST', '/v1/things/x/runs', { body: 'hello', headers: { 'x-amz-how': 'fast' } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-amz-went')).toBe('fast');
    expect(await answer.text()).toBe('HELLO');
  });

  it('answers 404 where no route is, a query parameter that nobody declared included', async () => {
    for (const path of ['/v1/nothing', '/v1/things/x/y', '/v1/things?odd=1']) {
      const answer = await ask('GET', path);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('x-amzn-errortype')).toBe('UnknownOperationException');
    }
  });
});

describe('closing', () => {
  it('stops what was registered last first, ends open connections and frees the port', async () => {
    const other = await startSimulator();
    const port = Number(new URL(other.endpoint).port);
    const idle = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => idle.once('close', resolve));
    await new Promise((resolve) => idle.once('connect', resolve));
    const order: string[] = [];
    other.onClose(() => void order.push('first'));
    other.onClose(() => void order.push('last'));
    await other.close();
    await ended;
    expect(order).toEqual(['last', 'first']);
    const again = await startSimulator({ port });
    expect(again.endpoint).toBe(`http://127.0.0.1:${port}`);
    await again.close();
  });
});
