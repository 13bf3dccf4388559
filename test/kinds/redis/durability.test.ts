import { mkdir, rename, rmdir } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type RedisOptions, type RedisServers, redisInstalled, startRedis } from '../../support/redis-server.ts';
import { logInAt, makeEstate } from './harness.ts';
import { failure, kind, propose, rotate, turn } from './rotate.ts';

let servers: RedisServers;
afterEach(() => servers?.stop());

async function begin(options: RedisOptions) {
  servers = await startRedis(options);
  return makeEstate(servers);
}

describe.runIf(redisInstalled()).each(['aclfile', 'config'] as const)('users kept by %s', (users) => {
  it('outlive a crash of every server: the old password stays dead, the new one alive', async () => {
    const estate = await begin({ users, replicas: 1 });
    const { value } = await turn(estate);
    for (const node of servers.nodes) await node.restart();
    for (const { port } of servers.nodes) {
      expect(await logInAt(port, estate.current)).toBe('refused');
      expect(await logInAt(port, value)).toBe('accepted');
    }
  });

  it('outlive a crash in the middle of the overlap, and one after the way back', async () => {
    const estate = await begin({ users, replicas: 1 });
    const { context, value, current, pending } = await rotate(estate);
    for (const node of servers.nodes) await node.restart();
    expect(await estate.logIn(estate.current)).toBe('accepted');
    expect(await estate.logIn(value)).toBe('accepted');
    await kind.disable(context, { retire: current, keep: pending });
    await kind.enable(context, current);
    await kind.disable(context, { retire: pending, keep: current });
    for (const node of servers.nodes) await node.restart();
    expect(await estate.logIn(estate.current)).toBe('accepted');
    expect(await estate.logIn(value)).toBe('refused');
  });

  it('are saved again by a second try, after a first that died before it saved', async () => {
    const estate = await begin({ users });
    const { context, value, current, pending } = await rotate(estate);
    // As the first try left it: removed, not saved.
    await servers.primary.command('ACL', 'SETUSER', estate.user, `<${estate.current.parse(JSON.parse).password}`);
    await kind.disable(context, { retire: current, keep: pending });
    await servers.primary.restart();
    expect(await estate.logIn(estate.current)).toBe('refused');
    expect(await estate.logIn(value)).toBe('accepted');
  });
});

describe.runIf(redisInstalled())('a server that keeps nothing', () => {
  it('is refused before anything is changed', async () => {
    const estate = await begin({ users: 'nowhere' });
    const { context, current, pending } = propose(estate);
    const before = await servers.primary.command('ACL', 'LIST');
    const error = await failure('TargetUnfit', kind.install(context, { pending, current }));
    expect(error.message).toMatch(/restart would forget the change/);
    await failure('TargetUnfit', kind.disable(context, { retire: current, keep: pending }));
    await failure('TargetUnfit', kind.enable(context, current));
    expect(await servers.primary.command('ACL', 'LIST')).toBe(before);
  });

  it('is refused also when it is only one of several', async () => {
    const keeping = await startRedis();
    try {
      const estate = await begin({ users: 'nowhere' });
      const nodes = [...keeping.nodes, ...servers.nodes];
      const both = await makeEstate({ ...keeping, nodes }, { target: {} });
      const { context, current, pending, value } = propose(both);
      await failure('TargetUnfit', kind.install(context, { pending, current }));
      expect(await both.logIn(value)).toBe('refused');
      expect(await estate.logIn(estate.current)).toBe('accepted');
    } finally {
      await keeping.stop();
    }
  });
});

describe.runIf(redisInstalled())('an ACL file that cannot be written', () => {
  it('fails the change by name, and a second try succeeds once it can', async () => {
    const estate = await begin({});
    const { context, current, pending } = propose(estate);
    const { folder, command, restart } = servers.primary;
    // A folder in its place: also root cannot write it.
    await rename(`${folder}/users.acl`, `${folder}/aside`);
    await mkdir(`${folder}/users.acl`);
    const error = await failure('TargetFailed', kind.install(context, { pending, current }));
    expect(error.message).toMatch(/cannot write its ACL file/);
    await rmdir(`${folder}/users.acl`);
    await rename(`${folder}/aside`, `${folder}/users.acl`);
    await kind.install(context, { pending, current });
    await restart();
    expect(await command('ACL', 'GETUSER', estate.user)).not.toBe('');
    await kind.verify(context, pending);
  });
});
