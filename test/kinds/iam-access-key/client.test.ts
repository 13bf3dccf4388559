import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetAccessKeyLastUsedCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { AwsIdentity } from '../../../lib/kinds/iam-access-key/client.ts';
import { createKind } from '../../../lib/kinds/iam-access-key/index.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';

// What the simulator gives clumsily: throttling, lost answers, answers with holes.
process.env['AWS_REGION'] = 'eu-west-1';
process.env['AWS_ACCESS_KEY_ID'] = 'AKIAXXXXXXXXXXXXXXXX';
process.env['AWS_SECRET_ACCESS_KEY'] = 'not-a-secret';
const signal = new AbortController().signal;
const context = {
  target: { userName: 'app' },
  secretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/aws-AbCdEf',
  admin: () => Promise.reject(new Error('none')),
  clock: systemClock,
  signal,
};

describe('keys', () => {
  const iam = mockClient(IAMClient);
  afterEach(() => {
    iam.reset();
  });
  afterAll(() => iam.restore());

  it.each(['Throttling', 'ServiceFailure', 'AccessDenied', 'NoSuchEntityException', 'InvalidClientTokenId'])(
    'whose use AWS does not tell (%s) are an error, never "unused"',
    async (name) => {
      iam.on(ListAccessKeysCommand).resolves({ AccessKeyMetadata: [{ AccessKeyId: 'AKIALIVE', Status: 'Active' }] });
      iam.on(GetAccessKeyLastUsedCommand).rejects(Object.assign(new Error('no'), { name }));
      await expect(createKind().listLive(context)).rejects.toBeInstanceOf(KeyturnError);
    },
  );

  it.each([
    ['nothing', {}],
    ['no date but a service', { AccessKeyLastUsed: { LastUsedDate: undefined, ServiceName: 's3', Region: 'N/A' } }],
  ])('whose use AWS does not tell (%s) are an error as well', async (_, answer) => {
    iam.on(ListAccessKeysCommand).resolves({ AccessKeyMetadata: [{ AccessKeyId: 'AKIALIVE', Status: 'Active' }] });
    iam.on(GetAccessKeyLastUsedCommand).resolves(answer);
    await expect(createKind().listLive(context)).rejects.toMatchObject({ code: 'TargetFailed' });
  });

  it('come from every page', async () => {
    iam
      .on(ListAccessKeysCommand)
      .resolvesOnce({ AccessKeyMetadata: [{ AccessKeyId: 'ONE', Status: 'Active' }], IsTruncated: true, Marker: 'm' })
      .resolvesOnce({ AccessKeyMetadata: [{ AccessKeyId: 'TWO', Status: 'Inactive' }], IsTruncated: false });
    const keys = await new AwsIdentity().keysOf('app', signal).list();
    expect([...keys]).toEqual([
      ['ONE', 'Active'],
      ['TWO', 'Inactive'],
    ]);
  });

  it('of a user that is gone are gone', async () => {
    iam.on(ListAccessKeysCommand).rejects(Object.assign(new Error('no'), { name: 'NoSuchEntityException' }));
    await createKind().discard(context, 'AKIAGONE');
    await expect(createKind().listLive(context)).rejects.toMatchObject({ code: 'TargetMismatch' });
  });

  it.each([
    ['Throttling', 'TargetThrottled'],
    ['ThrottlingException', 'TargetThrottled'],
    ['AccessDenied', 'AccessDenied'],
    ['NoSuchEntityException', 'TargetMismatch'],
    ['AbortError', 'TargetTimeout'],
    ['TimeoutError', 'TargetTimeout'],
    ['ServiceFailureException', 'TargetFailed'],
  ])('%s is %s, and neither its message nor the error itself is kept', async (name, code) => {
    iam.on(ListAccessKeysCommand).rejects(Object.assign(new Error('with details of the request'), { name }));
    const failure: unknown = await new AwsIdentity()
      .keysOf('app', signal)
      .list()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code,
      message: expect.stringContaining(`iam:ListAccessKeys for the IAM user app ended with ${name}`),
    });
    expect((failure as Error).message).not.toContain('details');
    expect(failure).not.toHaveProperty('cause');
  });
});

describe('on the wire', () => {
  let server: Server;
  let calls: string[] = [];
  beforeAll(async () => {
    server = createServer(async (request) => {
      const body = Buffer.concat(await request.toArray()).toString();
      calls.push(new URLSearchParams(body).get('Action') ?? '');
      request.socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    calls = [];
  });
  afterAll(() => server.close());

  it('a CreateAccessKey whose answer was lost is not sent a second time: that would be a second key', async () => {
    await expect(createKind().mint(context, undefined, 'token')).rejects.toMatchObject({ code: 'TargetUnreachable' });
    expect(calls).toEqual(['CreateAccessKey']);
  });

  it('what only reads is tried three times', async () => {
    await expect(createKind().listLive(context)).rejects.toMatchObject({ code: 'TargetUnreachable' });
    expect(calls).toEqual(Array(3).fill('ListAccessKeys'));
  });
});
