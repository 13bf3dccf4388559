import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { Credentials } from '../../lib/simulator/types.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { roleSession } from './support/actors.ts';

/** Debian's awscli. */
const AWS = '/usr/bin/aws';
const installed = existsSync(AWS);
if (!installed) console.info(`Left out: the tests with the aws command line, because ${AWS} is not installed.`);

let world: SimulatedWorld;
beforeAll(async () => {
  world = await startSimulator({ iamPropagationMs: 0 });
});
afterAll(() => world.close());

/** @throws what the command wrote to stderr. */
async function aws(args: string[], credentials: Credentials = world.rootCredentials): Promise<unknown> {
  const { stdout } = await promisify(execFile)(AWS, ['--endpoint-url', world.endpoint, '--output', 'json', ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      AWS_DEFAULT_REGION: world.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken !== undefined && { AWS_SESSION_TOKEN: credentials.sessionToken }),
      AWS_PAGER: '',
    },
  });
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

describe.runIf(installed)('the aws command line, with --endpoint-url alone', { timeout: 60_000 }, () => {
  it('keeps, reads and relabels secrets', async () => {
    const created = (await aws(['secretsmanager', 'create-secret', '--name', 'cli/db', '--secret-string', 'one'])) as {
      ARN: string;
      VersionId: string;
    };
    const put = (await aws([
      ...['secretsmanager', 'put-secret-value', '--secret-id', 'cli/db'],
      ...['--secret-string', 'two', '--version-stages', 'NEXT'],
    ])) as { VersionId: string };
    expect(await aws(['secretsmanager', 'describe-secret', '--secret-id', created.ARN])).toMatchObject({
      Name: 'cli/db',
      VersionIdsToStages: { [created.VersionId]: ['AWSCURRENT'], [put.VersionId]: ['NEXT'] },
    });
    await aws([
      ...['secretsmanager', 'update-secret-version-stage', '--secret-id', 'cli/db', '--version-stage', 'AWSCURRENT'],
      ...['--remove-from-version-id', created.VersionId, '--move-to-version-id', put.VersionId],
    ]);
    expect(await aws(['secretsmanager', 'get-secret-value', '--secret-id', 'cli/db'])).toMatchObject({
      SecretString: 'two',
      VersionStages: expect.arrayContaining(['AWSCURRENT']),
    });
  });

  it('shows errors by their code and message', async () => {
    await expect(aws(['secretsmanager', 'get-secret-value', '--secret-id', 'none'])).rejects.toThrow(
      "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.",
    );
    await expect(aws(['secretsmanager', 'rotate-secret', '--secret-id', 'none'])).rejects.toThrow(
      'An error occurred (ResourceNotFoundException) when calling the RotateSecret operation',
    );
    const { credentials } = await roleSession(world, 'nobody');
    await expect(aws(['iam', 'get-user', '--user-name', 'jo'], credentials)).rejects.toThrow(
      'An error occurred (AccessDenied) when calling the GetUser operation: User: arn:aws:sts::123456789012:assumed-role/nobody/session is not authorized to perform: iam:GetUser',
    );
    await expect(aws(['sts', 'get-caller-identity'], { accessKeyId: 'AKIAX', secretAccessKey: 'y' })).rejects.toThrow(
      'An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation',
    );
  });

  it('makes users, keys and roles', async () => {
    await aws(['iam', 'create-user', '--user-name', 'cli', '--tags', 'Key=team,Value=post']);
    const { AccessKey: key } = (await aws(['iam', 'create-access-key', '--user-name', 'cli'])) as {
      AccessKey: { AccessKeyId: string; SecretAccessKey: string };
    };
    const credentials = { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
    expect(await aws(['sts', 'get-caller-identity'], credentials)).toMatchObject({
      Arn: 'arn:aws:iam::123456789012:user/cli',
    });
    expect(await aws(['iam', 'get-access-key-last-used', '--access-key-id', key.AccessKeyId])).toMatchObject({
      UserName: 'cli',
      AccessKeyLastUsed: { ServiceName: 'sts' },
    });
    await aws(['iam', 'create-access-key', '--user-name', 'cli']);
    await expect(aws(['iam', 'create-access-key', '--user-name', 'cli'])).rejects.toThrow('(LimitExceeded)');
    expect(await aws(['iam', 'list-access-keys', '--user-name', 'cli'])).toMatchObject({
      AccessKeyMetadata: [{ Status: 'Active' }, { Status: 'Active' }],
    });
  });

  it('puts parameters and reads them by path, over several pages', async () => {
    for (let index = 0; index < 12; index += 1) {
      await world.perform(world.identities.rootPrincipal, 'ssm', 'PutParameter', {
        Name: `/cli/${index}`,
        Value: String(index),
        Type: 'String',
      });
    }
    await aws(['ssm', 'put-parameter', '--name', '/cli/x', '--value', 'v', '--type', 'String']);
    const { Parameters: found } = (await aws(['ssm', 'get-parameters-by-path', '--path', '/cli'])) as {
      Parameters: unknown[];
    };
    expect(found).toHaveLength(13);
  });

  it('publishes to topics', async () => {
    const { TopicArn: arn } = (await aws(['sns', 'create-topic', '--name', 'cli'])) as { TopicArn: string };
    expect(await aws(['sns', 'publish', '--topic-arn', arn, '--message', 'hello'])).toHaveProperty('MessageId');
    expect(await aws(['sns', 'list-topics'])).toEqual({ Topics: [{ TopicArn: arn }] });
  });

  it('keeps objects in buckets', async () => {
    await aws(['s3api', 'create-bucket', '--bucket', 'cli-bucket']);
    await aws(['s3api', 'put-object', '--bucket', 'cli-bucket', '--key', 'a/b c.ts', '--body', import.meta.filename]);
    expect(await aws(['s3api', 'list-objects-v2', '--bucket', 'cli-bucket'])).toMatchObject({
      Contents: [{ Key: 'a/b c.ts' }],
    });
    expect(await aws(['s3api', 'head-object', '--bucket', 'cli-bucket', '--key', 'a/b c.ts'])).toHaveProperty('ETag');
    await expect(aws(['s3api', 'head-object', '--bucket', 'cli-bucket', '--key', 'none'])).rejects.toThrow('(404)');
  });
});
