import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replicasFirst } from '../../../lib/kinds/redis/apply.ts';
import { hashOf } from '../../../lib/kinds/shared/redis-user/identity.ts';
import { type RedisServers, redisInstalled, startRedis } from '../../support/redis-server.ts';
import { logInAt, makeEstate } from './harness.ts';
import { failure, kind, propose, rotate, turn } from './rotate.ts';

describe.runIf(redisInstalled())('a deployment', () => {
  let servers: RedisServers;
  beforeAll(async () => {
    servers = await startRedis({ replicas: 2 });
  });
  afterAll(() => servers?.stop());

  it('has users of its own at each server, and every one gets the change', async () => {
    const estate = await makeEstate(servers);
    const { value } = await turn(estate);
    for (const { port } of servers.nodes) {
      expect(await logInAt(port, value)).toBe('accepted');
      expect(await logInAt(port, estate.current)).toBe('refused');
    }
  });

  it('is refused while a replica is connected that the inventory does not name', async () => {
    const nodes = servers.nodes.slice(0, 2).map(({ host, port }) => ({ host, port }));
    const estate = await makeEstate(servers, { target: { nodes } });
    const { context, current, pending } = propose(estate);
    const error = await failure('TargetUnfit', kind.install(context, { pending, current }));
    expect(error.message).toBe(
      'target.nodes names 1 replicas, but 2 are connected: users are not replicated, so name every one',
    );
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it('is left as it is while one of its servers cannot be reached', async () => {
    const estate = await makeEstate(servers);
    const { context, current, pending } = await rotate(estate);
    const last = servers.nodes.at(-1);
    await last?.kill();
    try {
      const next = propose(estate);
      await failure('TargetUnreachable', kind.install(next.context, { pending: next.pending, current: next.current }));
      await failure('TargetUnreachable', kind.disable(context, { retire: current, keep: pending }));
      await failure(
        'NotProven',
        kind.proveRefused(context, { retire: pending, keep: { ...current, username: 'nobody' } }),
      );
      for (const { port } of servers.nodes.slice(0, 2)) {
        expect(await logInAt(port, estate.current)).toBe('accepted');
        expect(await logInAt(port, next.value)).toBe('refused');
      }
      expect(await kind.lastUse(context, current, 0)).toMatchObject({
        state: 'unknown',
        detail: expect.stringMatching(/^TargetUnreachable: /),
      });
    } finally {
      await last?.restart();
    }
  });

  it('loses no password at a server that does not know the one to keep', async () => {
    const estate = await makeEstate(servers);
    const { context, current, pending } = await rotate(estate);
    // As after a start from an old ACL file.
    await servers.nodes[2]?.command('ACL', 'SETUSER', estate.user, `!${hashOf(pending.password).reveal()}`);
    const error = await failure('TargetUnfit', kind.disable(context, { retire: current, keep: pending }));
    expect(error.message).toMatch(/does not know the password .* nothing was removed/);
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it.each([
    ['is not there', ['DELUSER'], /no user/],
    ['is off', ['SETUSER', 'off'], /is off/],
    ['accepts every password', ['SETUSER', 'nopass'], /nopass/],
  ] as const)('is refused when the user %s at one server', async (_, [verb, ...rules], message) => {
    const estate = await makeEstate(servers);
    const { context, current, pending, value } = propose(estate);
    await servers.nodes[1]?.command('ACL', verb, estate.user, ...rules);
    const error = await failure('TargetUnfit', kind.install(context, { pending, current }));
    expect(error.message).toMatch(message);
    expect(await logInAt(servers.primary.port, value)).toBe('refused');
  });
});

it('is changed at its replicas first, which log in at the primary', () => {
  const nodes = [
    { name: 'primary', replica: false },
    { name: 'one', replica: true },
    { name: 'two', replica: true },
  ];
  expect(replicasFirst(nodes).map(({ name }) => name)).toEqual(['one', 'two', 'primary']);
});

describe.runIf(redisInstalled())('a cluster', () => {
  it('is refused while it knows servers that the inventory does not name', async () => {
    const one = await startRedis({ settings: ['cluster-enabled yes'] });
    const other = await startRedis({ settings: ['cluster-enabled yes'] });
    try {
      const alone = await makeEstate(one);
      const { value } = await turn(alone);
      await one.primary.command('CLUSTER', 'MEET', other.primary.host, String(other.primary.port));
      const met = async (node: RedisServers['primary']) =>
        (await node.command('CLUSTER', 'INFO')).includes('cluster_known_nodes:2');
      while (!((await met(one.primary)) && (await met(other.primary))));
      const { context, current, pending } = propose(alone, value);
      const error = await failure('TargetUnfit', kind.install(context, { pending, current }));
      expect(error.message).toMatch(/knows 2 servers, target.nodes names 1/);
      await turn(await makeEstate({ ...one, nodes: [...one.nodes, ...other.nodes] }));
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });
});
