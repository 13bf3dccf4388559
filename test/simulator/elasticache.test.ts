import { DescribeUsersCommand, ElastiCacheClient, ModifyUserCommand } from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { ElastiCache, NewCacheUser } from '../../lib/simulator/services/elasticache/elasticache.ts';
import type { Iam } from '../../lib/simulator/services/iam/iam.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { type RedisServers, redisInstalled, startRedis } from '../support/redis-server.ts';

/** A clock that stands until it is set on. */
const clock = {
  aheadMs: 0,
  nowMs: () => Date.now() + clock.aheadMs,
  sleep: async () => undefined,
};
const slowMs = 60_000;
const [first, second, third] = ['first-password-x', 'second-password-x', 'third-password-x'];

let world: SimulatedWorld;
let elasticache: ElastiCache;
let client: ElastiCacheClient;
beforeAll(async () => {
  world = await startSimulator({ clock, iamPropagationMs: 0, cacheUserMs: slowMs });
  elasticache = world.service<ElastiCache>('elasticache');
  client = clientOf(world.rootCredentials);
});
afterAll(() => world.close());

function clientOf(credentials: { accessKeyId: string; secretAccessKey: string }) {
  return new ElastiCacheClient({ endpoint: world.endpoint, region: world.region, credentials, maxAttempts: 1 });
}

let count = 0;
async function userOf(changes: Partial<NewCacheUser> = {}): Promise<string> {
  count += 1;
  const userId = `user-${count}`;
  await elasticache.createUser({ userId, accessString: 'on ~app:* +@read', passwords: [first], ...changes });
  return userId;
}

const state = (UserId: string, ...Passwords: string[]) =>
  client.send(new ModifyUserCommand({ UserId, AuthenticationMode: { Type: 'password', Passwords } }));

async function describeOne(UserId: string) {
  const { Users } = await client.send(new DescribeUsersCommand({ UserId }));
  return Users?.[0];
}

/** Until every change has arrived; back to the machine's time, which signatures carry. */
async function settle(userId: string) {
  clock.aheadMs = slowMs;
  const user = await world.perform(world.identities.rootPrincipal, 'elasticache', 'DescribeUsers', { UserId: userId });
  clock.aheadMs = 0;
  return (user as { Users: { Status: string }[] }).Users[0];
}

describe('DescribeUsers (https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeUsers.html)', () => {
  it('tells of the passwords their number alone', async () => {
    const userId = await userOf({ userName: 'app', passwords: [first, second] });
    const user = await describeOne(userId);
    expect(user).toMatchObject({
      UserId: userId,
      UserName: 'app',
      Status: 'active',
      AccessString: 'on ~app:* +@read',
      Authentication: { Type: 'password', PasswordCount: 2 },
      ARN: `arn:aws:elasticache:us-east-1:123456789012:user:${userId}`,
    });
    expect(JSON.stringify(user)).not.toContain('password-x');
  });

  it('of an unknown user is UserNotFound (404)', async () => {
    await expect(describeOne('nobody')).rejects.toMatchObject({
      name: 'UserNotFoundFault',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('without an id tells of all', async () => {
    const userId = await userOf();
    const { Users = [] } = await client.send(new DescribeUsersCommand({}));
    expect(Users.map(({ UserId }) => UserId)).toContain(userId);
  });
});

describe('ModifyUser (https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyUser.html)', () => {
  it('makes the user `modifying`, and `active` when the change has arrived', async () => {
    const userId = await userOf();
    expect(await state(userId, first, second)).toMatchObject({ Status: 'modifying' });
    expect(await describeOne(userId)).toMatchObject({ Status: 'modifying', Authentication: { PasswordCount: 2 } });
    expect(await settle(userId)).toMatchObject({ Status: 'active' });
  });

  it('of a user that is not active is InvalidUserState (400)', async () => {
    const userId = await userOf();
    await state(userId, second);
    await expect(state(userId, third)).rejects.toMatchObject({
      name: 'InvalidUserStateFault',
      $metadata: { httpStatusCode: 400 },
    });
    await settle(userId);
    await state(userId, third);
  });

  it.each([
    { what: 'three: "You are allowed up to two"', passwords: [first, second, third] },
    { what: 'none: at least one item', passwords: [] },
    { what: 'one of 15 characters: "16–128 printable characters"', passwords: ['fifteen-letters'] },
    { what: 'one of 129 characters', passwords: ['x'.repeat(129)] },
    ...[',', '"', '/', '@'].map((char) => ({
      what: `one with ${char}: "not allowed"`,
      passwords: [`${first}${char}`],
    })),
  ])(
    'refuses $what (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html)',
    async ({ passwords }) => {
      const failure = state(await userOf(), ...passwords);
      await expect(failure).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    },
  );

  it('takes Passwords or AuthenticationMode, not both: InvalidParameterCombination', async () => {
    const AuthenticationMode = { Type: 'password' as const, Passwords: [second] };
    const both = new ModifyUserCommand({ UserId: await userOf(), Passwords: [second], AuthenticationMode });
    await expect(client.send(both)).rejects.toMatchObject({ name: 'InvalidParameterCombinationException' });
  });

  it('leaves alone what it is not told: the access string, or the passwords', async () => {
    const userId = await userOf();
    await state(userId, second);
    expect(await settle(userId)).toMatchObject({ AccessString: 'on ~app:* +@read' });
    await client.send(new ModifyUserCommand({ UserId: userId, AppendAccessString: '+ping' }));
    expect(await settle(userId)).toMatchObject({
      AccessString: 'on ~app:* +@read +ping',
      Authentication: { Type: 'password', PasswordCount: 1 },
    });
  });
});

describe('permissions (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticache.html)', () => {
  it('are of the resource `user`, its tags, and how it is to log in', async () => {
    const iam = world.service<Iam>('iam');
    const Condition = {
      StringEquals: { 'aws:ResourceTag/team': 'shop', 'elasticache:UserAuthenticationMode': 'password' },
    };
    const Resource = 'arn:aws:elasticache:us-east-1:123456789012:user:*';
    const needs = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow' as const, Action: 'elasticache:ModifyUser', Resource, Condition }],
    };
    await iam.createUser({ userName: 'caller', policies: { needs } });
    const { accessKeyId, secretAccessKey } = iam.createAccessKey('caller');
    const caller = clientOf({ accessKeyId, secretAccessKey });
    const modify = (UserId: string, Type: 'password' | 'iam') =>
      caller.send(
        new ModifyUserCommand({
          UserId,
          AuthenticationMode: Type === 'iam' ? { Type } : { Type, Passwords: [second] },
        }),
      );
    const [tagged, untagged] = [await userOf({ tags: { team: 'shop' } }), await userOf()];
    await expect(modify(untagged, 'password')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(modify(tagged, 'iam')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(modify('nobody', 'password')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(caller.send(new DescribeUsersCommand({ UserId: tagged }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    expect(await modify(tagged, 'password')).toMatchObject({ Status: 'modifying' });
  });
});

describe.runIf(redisInstalled())('a cache', () => {
  let servers: RedisServers;
  beforeAll(async () => {
    servers = await startRedis({ replicas: 1 });
    await elasticache.attach({ nodes: servers.nodes });
  });
  afterAll(() => servers?.stop());

  const hashesAt = async (node: RedisServers['primary'], user: string) =>
    (await node.json<Record<string, string[]>>('ACL', 'GETUSER', user))['passwords'];

  it('knows a change at every node, and only when it has arrived', async () => {
    const userId = await userOf();
    await state(userId, second, third);
    for (const node of servers.nodes) expect(await hashesAt(node, userId)).toHaveLength(1);
    await settle(userId);
    for (const node of servers.nodes) expect(await hashesAt(node, userId)).toHaveLength(2);
  });

  it('withholds what https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SupportedCommands.html lists, from everybody', async () => {
    const userId = await userOf({ accessString: 'on ~* &* +@all' });
    const may = (command: readonly string[]) => servers.primary.command('ACL', 'DRYRUN', userId, ...command);
    for (const command of [['acl', 'setuser', 'x'], ['acl', 'save'], ['config', 'get', 'x'], ['shutdown']]) {
      expect(await may(command), command.join(' ')).toMatch(/no permissions/);
    }
    for (const command of [['client', 'list'], ['client', 'kill', 'x'], ['acl', 'whoami'], ['info']]) {
      expect(await may(command), command.join(' ')).toBe('OK');
    }
  });

  it('that is serverless withholds CLIENT LIST and CLIENT KILL besides (the same page)', async () => {
    const serverless = await startRedis();
    try {
      await elasticache.attach({ nodes: serverless.nodes, serverless: true });
      const userId = await userOf({ accessString: 'on ~* &* +@all' });
      for (const command of [
        ['client', 'list'],
        ['client', 'kill', 'x'],
        ['acl', 'log'],
      ]) {
        expect(await serverless.primary.command('ACL', 'DRYRUN', userId, ...command)).toMatch(/no permissions/);
        expect(await servers.primary.command('ACL', 'DRYRUN', userId, ...command)).toBe('OK');
      }
    } finally {
      elasticache.detach({ nodes: serverless.nodes });
      await serverless.stop();
    }
  });

  it('gives a user no access unless its access string says `on` (Clusters.RBAC)', async () => {
    const userId = await userOf({ accessString: '~* +@all' });
    const { flags } = await servers.primary.json<{ flags: string[] }>('ACL', 'GETUSER', userId);
    expect(flags).toContain('off');
  });
});
