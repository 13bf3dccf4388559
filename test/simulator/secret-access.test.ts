import {
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Iam } from '../../lib/simulator/services/iam/iam.ts';
import { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { Credentials } from '../../lib/simulator/types.ts';
import { createWorld, type SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig, roleSession, type Statement, userWithKey } from './support/actors.ts';
import { FUNCTION_ARN, lettingSecretsManagerIn, StubLambda } from './support/stub-lambda.ts';

const READ = 'secretsmanager:GetSecretValue';

let world: SimulatedWorld;
let secrets: SecretsManager;
let mine: string;
let other: string;

beforeEach(async () => {
  world = createWorld();
  secrets = new SecretsManager(world);
  const lambda = new StubLambda(() => undefined);
  lambda.resourcePolicy = lettingSecretsManagerIn();
  for (const service of [new Iam(world), lambda, secrets]) world.register(service);
  await world.listen();
  mine = secrets.create({ name: 'app/mine', secretString: 'mine', tags: { team: 'blue' } });
  other = secrets.create({ name: 'app/other', secretString: 'other' });
});
afterEach(() => world.close());

const clientAs = (credentials?: Credentials) => new SecretsManagerClient(clientConfig(world, credentials));
const read = (
  client: SecretsManagerClient,
  SecretId: string,
  more: { VersionStage?: string; VersionId?: string } = {},
) => client.send(new GetSecretValueCommand({ SecretId, ...more }));
const clientWith = async (roleName: string, ...statements: Statement[]) =>
  clientAs((await roleSession(world, roleName, ...statements)).credentials);
const denied = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } };

describe('identity policies (https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html)', () => {
  it('let a role read the secret that they name and no other', async () => {
    const client = await clientWith('reader', { Action: READ, Resource: mine });
    expect((await read(client, 'app/mine')).SecretString).toBe('mine');
    await expect(read(client, 'app/other')).rejects.toMatchObject({
      ...denied,
      message: `User: arn:aws:sts::123456789012:assumed-role/reader/session is not authorized to perform: ${READ} on resource: ${other} because no identity-based policy allows the ${READ} action`,
    });
    await expect(client.send(new DescribeSecretCommand({ SecretId: mine }))).rejects.toMatchObject(denied);
  });

  it('may name a secret by six question marks in place of its suffix', async () => {
    const arn = (pattern: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${pattern}`;
    await read(await clientWith('fits', { Action: READ, Resource: arn('app/mine-??????') }), 'app/mine');
    await expect(
      read(await clientWith('short', { Action: READ, Resource: arn('app/mine-?????') }), 'app/mine'),
    ).rejects.toMatchObject(denied);
  });

  it('a missing secret is told only to who might read it', async () => {
    const wide = await clientWith('wide', { Action: READ, Resource: '*' });
    const narrow = await clientWith('narrow', { Action: READ, Resource: mine });
    await expect(read(wide, 'app/none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(read(narrow, 'app/none')).rejects.toMatchObject(denied);
  });

  it('decide on a user as on a role', async () => {
    const client = clientAs(await userWithKey(world, 'jo', { Action: READ, Resource: mine }));
    await read(client, mine);
    await expect(read(client, other)).rejects.toMatchObject(denied);
  });

  it('ListSecrets has no resource but * (list_awssecretsmanager)', async () => {
    const list = (client: SecretsManagerClient) => client.send(new ListSecretsCommand({}));
    await list(await clientWith('lister', { Action: 'secretsmanager:ListSecrets', Resource: '*' }));
    await expect(
      list(await clientWith('mistaken', { Action: 'secretsmanager:ListSecrets', Resource: mine })),
    ).rejects.toMatchObject(denied);
  });
});

describe('condition keys (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html)', () => {
  const when = (Condition: NonNullable<Statement['Condition']>, Action: string = READ): Statement => ({
    Action,
    Resource: '*',
    Condition,
  });

  it('secretsmanager:resource/AllowRotationLambdaArn is the function that rotates the secret', async () => {
    await secrets.rotate({ SecretId: mine, RotationLambdaARN: FUNCTION_ARN, RotateImmediately: false });
    const client = await clientWith(
      'rotator',
      when({ StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': FUNCTION_ARN } }),
    );
    await read(client, mine);
    await expect(read(client, other)).rejects.toMatchObject(denied);
  });

  it('aws:ResourceTag is the tag of the secret', async () => {
    const client = await clientWith('blue', when({ StringEquals: { 'aws:ResourceTag/team': 'blue' } }));
    await read(client, mine);
    await expect(read(client, other)).rejects.toMatchObject(denied);
  });

  it('secretsmanager:VersionStage and VersionId are those of the request', async () => {
    const [versionId = ''] = Object.keys(secrets.labels(mine));
    const staged = await clientWith(
      'staged',
      when({ 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' } }),
    );
    await read(staged, mine, { VersionStage: 'AWSCURRENT' });
    await expect(read(staged, mine, { VersionId: versionId })).rejects.toMatchObject(denied);
    const pinned = await clientWith('pinned', when({ StringEquals: { 'secretsmanager:VersionId': versionId } }));
    await read(pinned, mine, { VersionId: versionId });
    await expect(read(pinned, mine)).rejects.toMatchObject(denied);
  });

  it('secretsmanager:VersionStage confines who moves labels to some labels', async () => {
    const client = await clientWith(
      'mover',
      when({ StringEquals: { 'secretsmanager:VersionStage': 'MINE' } }, 'secretsmanager:UpdateSecretVersionStage'),
    );
    const [MoveToVersionId] = Object.keys(secrets.labels(mine));
    const move = (VersionStage: string) =>
      client.send(new UpdateSecretVersionStageCommand({ SecretId: mine, VersionStage, MoveToVersionId }));
    await move('MINE');
    await expect(move('AWSCURRENT')).rejects.toMatchObject(denied);
  });
});

describe('resource policies (https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html)', () => {
  const allow = (roleName: string) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::123456789012:role/${roleName}` },
        Action: READ,
        Resource: '*',
      },
    ],
  });

  it('let in a role of the account that has no policy of its own', async () => {
    const client = await clientWith('guest');
    await expect(read(client, mine)).rejects.toMatchObject(denied);
    await clientAs().send(
      new PutResourcePolicyCommand({ SecretId: mine, ResourcePolicy: JSON.stringify(allow('guest')) }),
    );
    await read(client, mine);
    await expect(read(client, other)).rejects.toMatchObject(denied);
    const { ResourcePolicy: back } = await clientAs().send(new GetResourcePolicyCommand({ SecretId: mine }));
    expect(JSON.parse(back ?? '')).toEqual(allow('guest'));
  });

  it('a deny in them wins over any allow', async () => {
    const client = await clientWith('reader', { Action: READ, Resource: '*' });
    secrets.setResourcePolicy(mine, {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Principal: '*', Action: READ, Resource: '*' }],
    });
    await expect(read(client, mine)).rejects.toMatchObject({
      ...denied,
      message: expect.stringContaining('with an explicit deny in a resource-based policy'),
    });
  });

  it('that are malformed are refused', async () => {
    for (const ResourcePolicy of ['not JSON', '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}']) {
      await expect(
        clientAs().send(new PutResourcePolicyCommand({ SecretId: mine, ResourcePolicy })),
      ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    }
  });
});

describe('the call log', () => {
  it('tells who asked what of which secret, and how it ended', async () => {
    const { credentials, principal } = await roleSession(world, 'reader', { Action: READ, Resource: mine });
    const client = clientAs(credentials);
    await read(client, 'app/mine');
    await read(client, mine, { VersionStage: 'AWSPENDING' }).catch(() => undefined);
    await read(client, other).catch(() => undefined);
    const calls = world.calls.filter(({ service, principal: who }) => {
      return service === 'secretsmanager' && who === principal.arn;
    });
    const line = { service: 'secretsmanager', operation: 'GetSecretValue', principal: principal.arn };
    expect(calls).toMatchObject([
      { ...line, resource: mine, errorCode: undefined, denied: false },
      { ...line, resource: mine, errorCode: 'ResourceNotFoundException', denied: false },
      { ...line, resource: other, errorCode: 'AccessDeniedException', denied: true },
    ]);
    expect(JSON.stringify(world.calls)).not.toContain('SecretString');
  });
});
