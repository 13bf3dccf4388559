import { afterEach, describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { decideRemoval } from '../../../lib/kinds/redis/changes.ts';
import { hashOf } from '../../../lib/kinds/shared/redis-user/identity.ts';
import { type RedisNode, type RedisServers, redisInstalled, startRedis } from '../../support/redis-server.ts';
import { Client, logInAt, makeEstate, sha256 } from './harness.ts';
import { failure, kind, rotate } from './rotate.ts';

let servers: RedisServers;
afterEach(() => servers?.stop());

const old = 'first-password-of-default';
const legacy = [`requirepass ${old}`, 'masteruser ""', `masterauth ${old}`];

/** The oldest set-up that there is: one password for clients and replication. */
async function begin(users: 'aclfile' | 'config', settings = legacy) {
  servers = await startRedis({ users, replicas: 1, settings, acl: [`user default on >${old} ~* &* +@all`] });
  const estate = await makeEstate(servers, { user: 'default', rules: ['resetpass', `>${old}`] });
  const current = estate.current.map((text) => JSON.stringify({ ...JSON.parse(text), password: old }));
  return { estate, current };
}

const setting = async (node: RedisNode, name: string) =>
  (await node.json<Record<string, string>>('CONFIG', 'GET', name))[name];

/** As old clients do it: AUTH with a password alone. */
async function logInWithout(port: number, password: string): Promise<string> {
  const client = new Client(port);
  const answer = await client.ask(`AUTH ${password}`);
  await client.end();
  return answer;
}

async function replicating(): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!(await servers.nodes[1]?.command('INFO', 'replication'))?.includes('master_link_status:up')) {
    if (Date.now() > untilMs) throw new Error('the replica has no link to its primary');
  }
}

describe.runIf(redisInstalled()).each(['aclfile', 'config'] as const)('the user default (%s)', (users) => {
  it('has two passwords during the overlap, also for clients that name no user', async () => {
    const { estate, current } = await begin(users);
    const { value } = await rotate(estate, current);
    const { password } = value.parse(JSON.parse);
    for (const { port } of servers.nodes) {
      expect(await logInWithout(port, old)).toBe('+OK');
      expect(await logInWithout(port, password)).toBe('+OK');
    }
    await replicating();
  });

  it('goes over in masterauth and requirepass too, so that replication and restarts go on without the old password', async () => {
    const { estate, current } = await begin(users);
    for (const node of servers.nodes) await node.command('ACL', 'SETUSER', 'default', '>of-somebody-else');
    const { context, value, current: retire, pending: keep } = await rotate(estate, current);
    await kind.disable(context, { retire, keep });
    const { password } = value.parse(JSON.parse);
    for (const when of ['at once', 'after a restart']) {
      for (const node of servers.nodes) {
        expect(await setting(node, 'requirepass'), when).toBe(password);
        expect(await setting(node, 'masterauth'), when).toBe(password);
        expect(await logInWithout(node.port, old), when).toMatch(/^-WRONGPASS/);
        expect(await logInWithout(node.port, password), when).toBe('+OK');
        expect(await logInWithout(node.port, 'of-somebody-else'), when).toBe('+OK');
        const { passwords } = await node.json<{ passwords: string[] }>('ACL', 'GETUSER', 'default');
        expect(passwords.sort(), when).toEqual([sha256(password), sha256('of-somebody-else')].sort());
      }
      await replicating();
      for (const node of servers.nodes) await node.restart();
    }
  });

  it('goes back as it came', async () => {
    const { estate, current } = await begin(users);
    const { context, value, current: first, pending } = await rotate(estate, current);
    await kind.disable(context, { retire: first, keep: pending });
    await kind.enable(context, first);
    await kind.disable(context, { retire: pending, keep: first });
    for (const node of servers.nodes) await node.restart();
    for (const node of servers.nodes) {
      expect(await setting(node, 'requirepass')).toBe(old);
      expect(await setting(node, 'masterauth')).toBe(old);
      expect(await logInAt(node.port, current)).toBe('accepted');
      expect(await logInAt(node.port, value)).toBe('refused');
    }
    await replicating();
  });

  it('is not gone by for a link of a replica, which Disable ends', async () => {
    const { estate, current } = await begin(users);
    const { context, current: retire, pending: keep } = await rotate(estate, current);
    await replicating();
    expect(await kind.lastUse(context, retire, 0, Date.now() + 60_000)).toEqual({ state: 'unused' });
    const links = async () => /^id=(\d+).*flags=S/m.exec(await servers.primary.command('CLIENT', 'LIST'))?.[1];
    const before = await links();
    await kind.disable(context, { retire, keep, promotedAtMs: Date.now() + 60_000 });
    await replicating();
    const untilMs = Date.now() + 20_000;
    while ([undefined, before].includes(await links()) && Date.now() < untilMs);
    expect(await links()).not.toBe(before);
  });
});

describe.runIf(redisInstalled())('other settings of replication', () => {
  it('are left alone when they are another user’s', async () => {
    servers = await startRedis({ replicas: 1 });
    const estate = await makeEstate(servers);
    const before = await Promise.all(servers.nodes.map((node) => setting(node, 'masterauth')));
    const { context, current, pending } = await rotate(estate);
    await kind.disable(context, { retire: current, keep: pending });
    expect(await Promise.all(servers.nodes.map((node) => setting(node, 'masterauth')))).toEqual(before);
  });

  it('go over when the user that is rotated is the one of masteruser', async () => {
    servers = await startRedis({ replicas: 1 });
    const estate = await makeEstate(servers, { rules: ['+psync', '+replconf', '+ping'] });
    const { password } = estate.current.parse(JSON.parse);
    for (const node of servers.nodes) {
      await node.command('CONFIG', 'SET', 'masteruser', estate.user);
      await node.command('CONFIG', 'SET', 'masterauth', password);
      await node.command('CONFIG', 'REWRITE');
    }
    const { context, value, current, pending } = await rotate(estate);
    await kind.disable(context, { retire: current, keep: pending });
    for (const node of servers.nodes) await node.restart();
    await replicating();
    expect(await setting(servers.primary, 'masterauth')).toBe(value.parse(JSON.parse).password);
    expect(await estate.logIn(SecretValue.of(estate.current.reveal()))).toBe('refused');
  });

  it('that stand in no configuration file hold Disable, with nothing removed', async () => {
    const [retire, keep] = [hashOf(SecretValue.of(old)), SecretValue.of('another-one')];
    const state = {
      ...{ name: 'cache:6379', mode: 'standalone', replica: true, replicas: 0, clusterNodes: 0 },
      user: { flags: ['on'], hashes: [retire, hashOf(keep)] },
      ...{ aclFile: true, configFile: false, primaryLogin: { user: 'app', hash: retire }, requirePass: undefined },
    };
    const deciding = async () => decideRemoval(state, 'app', retire, { username: 'app', password: keep });
    await failure('TargetUnfit', deciding());
  });
});
