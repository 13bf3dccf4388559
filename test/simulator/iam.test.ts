import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { Iam } from '../../lib/simulator/services/iam/iam.ts';
import type { Credentials } from '../../lib/simulator/types.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig, policy, roleSession, trusting, userWithKey } from './support/actors.ts';
import { type FakeClock, fakeClock } from './support/fake-clock.ts';

let world: SimulatedWorld;
let clock: FakeClock;
beforeEach(async () => {
  clock = fakeClock();
  world = await startSimulator({ clock, iamPropagationMs: 2_000 });
});
afterEach(() => world.close());

const iamAs = (credentials?: Credentials) => new IAMClient(clientConfig(world, credentials));
const whoAmI = (credentials: Credentials) =>
  new STSClient(clientConfig(world, credentials)).send(new GetCallerIdentityCommand({}));

async function freshKey(userName: string): Promise<Credentials> {
  const { AccessKey: key } = await iamAs().send(new CreateAccessKeyCommand({ UserName: userName }));
  return { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' };
}

describe('access keys (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html)', () => {
  beforeEach(async () => {
    await iamAs().send(new CreateUserCommand({ UserName: 'mailer', Tags: [{ Key: 'team', Value: 'post' }] }));
  });

  it('a third key is refused with the wire code LimitExceeded, inactive keys counted (reference_iam-quotas)', async () => {
    const first = await freshKey('mailer');
    await iamAs().send(
      new UpdateAccessKeyCommand({ UserName: 'mailer', AccessKeyId: first.accessKeyId, Status: 'Inactive' }),
    );
    await freshKey('mailer');
    await expect(freshKey('mailer')).rejects.toMatchObject({
      name: 'LimitExceededException',
      message: 'Cannot exceed quota for AccessKeysPerUser: 2',
      $metadata: { httpStatusCode: 409 },
    });
  });

  it('a new key is refused with InvalidClientTokenId until it has propagated (troubleshoot_general_eventual-consistency)', async () => {
    const key = await freshKey('mailer');
    await expect(whoAmI(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    clock.advance(2_000);
    expect(await whoAmI(key)).toMatchObject({ Arn: 'arn:aws:iam::123456789012:user/mailer' });
  });

  it('a deactivated key works until that has propagated, and again after it was activated', async () => {
    const key = await freshKey('mailer');
    clock.advance(2_000);
    const setStatus = (Status: 'Active' | 'Inactive') =>
      iamAs().send(new UpdateAccessKeyCommand({ UserName: 'mailer', AccessKeyId: key.accessKeyId, Status }));
    await setStatus('Inactive');
    await whoAmI(key);
    clock.advance(2_000);
    await expect(whoAmI(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await setStatus('Active');
    clock.advance(2_000);
    await whoAmI(key);
  });

  it('a deleted key is gone from the list at once and refused once that has propagated', async () => {
    const key = await freshKey('mailer');
    clock.advance(2_000);
    await iamAs().send(new DeleteAccessKeyCommand({ UserName: 'mailer', AccessKeyId: key.accessKeyId }));
    const { AccessKeyMetadata: listed } = await iamAs().send(new ListAccessKeysCommand({ UserName: 'mailer' }));
    expect(listed).toEqual([]);
    await whoAmI(key);
    clock.advance(2_000);
    await expect(whoAmI(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await expect(
      iamAs().send(new DeleteAccessKeyCommand({ UserName: 'mailer', AccessKeyId: key.accessKeyId })),
    ).rejects.toMatchObject({ name: 'NoSuchEntityException' });
  });

  it('ListAccessKeys gives ids, states and dates, never the secret', async () => {
    const key = await freshKey('mailer');
    const { AccessKeyMetadata: listed } = await iamAs().send(new ListAccessKeysCommand({ UserName: 'mailer' }));
    expect(listed).toEqual([
      { UserName: 'mailer', AccessKeyId: key.accessKeyId, Status: 'Active', CreateDate: expect.any(Date) },
    ]);
  });

  it('last use has no date before the first use, and then service and region (API_AccessKeyLastUsed)', async () => {
    const key = await freshKey('mailer');
    const lastUse = async () =>
      (await iamAs().send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId }))).AccessKeyLastUsed;
    expect(await lastUse()).toEqual({ ServiceName: 'N/A', Region: 'N/A' });
    clock.advance(2_000);
    const usedAtMs = clock.nowMs();
    await whoAmI(key);
    expect(await lastUse()).toEqual({ ServiceName: 'N/A', Region: 'N/A' });
    clock.advance(2_000);
    expect(await lastUse()).toEqual({ ServiceName: 'sts', Region: 'us-east-1', LastUsedDate: new Date(usedAtMs) });
  });

  it('a user without UserName means itself', async () => {
    const key = await userWithKey(world, 'self', { Action: 'iam:ListAccessKeys', Resource: '*' });
    const { AccessKeyMetadata: listed } = await iamAs(key).send(new ListAccessKeysCommand({}));
    expect(listed).toMatchObject([{ UserName: 'self', AccessKeyId: key.accessKeyId }]);
  });

  it('tags show on the user and decide by iam:ResourceTag (reference_policies_iam-condition-keys)', async () => {
    await iamAs().send(new TagUserCommand({ UserName: 'mailer', Tags: [{ Key: 'team', Value: 'ops' }] }));
    const { User: user } = await iamAs().send(new GetUserCommand({ UserName: 'mailer' }));
    expect(user?.Tags).toEqual([{ Key: 'team', Value: 'ops' }]);
    const statement = (team: string) => ({
      Action: 'iam:GetUser',
      Resource: '*',
      Condition: { StringEquals: { 'iam:ResourceTag/team': team } },
    });
    const ops = await roleSession(world, 'ops', statement('ops'));
    const post = await roleSession(world, 'post', statement('post'));
    await iamAs(ops.credentials).send(new GetUserCommand({ UserName: 'mailer' }));
    await expect(iamAs(post.credentials).send(new GetUserCommand({ UserName: 'mailer' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe('roles and policies', () => {
  it('a role trusts whom its policy names, and nobody else (reference_policies_elements_principal)', async () => {
    const { Role: role } = await iamAs().send(
      new CreateRoleCommand({
        RoleName: 'worker',
        AssumeRolePolicyDocument: JSON.stringify(trusting('lambda.amazonaws.com')),
      }),
    );
    const arn = role?.Arn ?? '';
    await expect(world.assume(arn, 'early', 'lambda.amazonaws.com')).rejects.toMatchObject({ code: 'AccessDenied' });
    clock.advance(2_000);
    await expect(world.assume(arn, 'wrong', 'states.amazonaws.com')).rejects.toMatchObject({ code: 'AccessDenied' });
    const { credentials } = await world.assume(arn, 'right', 'lambda.amazonaws.com');
    expect((await whoAmI(credentials)).Arn).toBe('arn:aws:sts::123456789012:assumed-role/worker/right');
    const got = await iamAs().send(new GetRoleCommand({ RoleName: 'worker' }));
    expect(JSON.parse(decodeURIComponent(got.Role?.AssumeRolePolicyDocument ?? ''))).toEqual(
      trusting('lambda.amazonaws.com'),
    );
  });

  it('a trust policy with aws:SourceArn holds a confused deputy off (confused-deputy)', async () => {
    const { arn } = await world.service<Iam>('iam').createRole({
      roleName: 'scheduled',
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'aws:SourceAccount': '123456789012', 'aws:SourceArn': 'arn:mine' } },
          },
        ],
      },
    });
    await world.assume(arn, 's', 'scheduler.amazonaws.com', 'arn:mine');
    await expect(world.assume(arn, 's', 'scheduler.amazonaws.com', 'arn:other')).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    await expect(world.assume(arn, 's', 'scheduler.amazonaws.com')).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('a user assumes a role only when the role trusts it; the session has the policies of the role', async () => {
    const key = await userWithKey(world, 'deployer');
    await world.service<Iam>('iam').createRole({
      roleName: 'admin',
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:user/deployer' }, Action: 'sts:AssumeRole' },
        ],
      },
      policies: { p: policy({ Action: 'iam:GetUser', Resource: '*' }) },
    });
    const assume = (credentials: Credentials) =>
      new STSClient(clientConfig(world, credentials)).send(
        new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/admin', RoleSessionName: 'me' }),
      );
    const { Credentials: session } = await assume(key);
    const credentials = {
      accessKeyId: session?.AccessKeyId ?? '',
      secretAccessKey: session?.SecretAccessKey ?? '',
      sessionToken: session?.SessionToken ?? '',
    };
    expect((await whoAmI(credentials)).Arn).toBe('arn:aws:sts::123456789012:assumed-role/admin/me');
    await iamAs(credentials).send(new GetUserCommand({ UserName: 'deployer' }));
    await expect(assume(await userWithKey(world, 'stranger'))).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(whoAmI({ ...credentials, sessionToken: 'forged' })).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    clock.advance(3_600_000);
    await expect(whoAmI(credentials)).rejects.toMatchObject({ name: 'ExpiredToken' });
  });

  it('a policy put over the wire decides only once it has propagated', async () => {
    const { credentials } = await roleSession(world, 'reader');
    await userWithKey(world, 'mailer');
    const read = () => iamAs(credentials).send(new GetUserCommand({ UserName: 'mailer' }));
    await iamAs().send(
      new PutRolePolicyCommand({
        RoleName: 'reader',
        PolicyName: 'p',
        PolicyDocument: JSON.stringify(policy({ Action: 'iam:GetUser', Resource: '*' })),
      }),
    );
    await expect(read()).rejects.toMatchObject({ name: 'AccessDenied' });
    clock.advance(2_000);
    await read();
  });

  it('a malformed policy is refused', async () => {
    await userWithKey(world, 'mailer');
    for (const PolicyDocument of ['{', '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}']) {
      await expect(
        iamAs().send(new PutUserPolicyCommand({ UserName: 'mailer', PolicyName: 'p', PolicyDocument })),
      ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    }
  });

  it('a denial says who, what, on which resource and why, and stands in the call log (troubleshoot_access-denied)', async () => {
    const { credentials, principal } = await roleSession(world, 'nobody');
    await userWithKey(world, 'mailer');
    const arn = 'arn:aws:iam::123456789012:user/mailer';
    await expect(iamAs(credentials).send(new GetUserCommand({ UserName: 'mailer' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${principal.arn} is not authorized to perform: iam:GetUser on resource: ${arn} because no identity-based policy allows the iam:GetUser action`,
    });
    expect(world.calls.filter(({ denied }) => denied)).toMatchObject([
      { service: 'iam', operation: 'GetUser', principal: principal.arn, resource: arn, errorCode: 'AccessDenied' },
    ]);
  });

  it('an explicit deny wins over an allow (reference_policies_evaluation-logic)', async () => {
    const { credentials } = await roleSession(
      world,
      'denied',
      { Action: 'iam:*', Resource: '*' },
      { Effect: 'Deny', Action: 'iam:GetUser', Resource: '*' },
    );
    await expect(iamAs(credentials).send(new GetUserCommand({ UserName: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('with an explicit deny in an identity-based policy'),
    });
  });
});
