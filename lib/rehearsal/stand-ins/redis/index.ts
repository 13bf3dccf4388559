import { secretNameOf } from '../../../core/secret-arn.ts';
import { parseTarget, type Target } from '../../../kinds/redis/schema.ts';
import { newPassword } from '../../estates/admin-secrets.ts';
import { type RedisServers, redisMissing, startRedis } from '../../estates/redis-server.ts';
import { openRedis } from '../../estates/services/resp/client.ts';
import { atPlace, mapViews } from '../aim-views.ts';
import { byServer, placesOf, type ServerPlan, startAll } from '../by-server.ts';
import type { StandIn, Surroundings, Verdict } from '../stand-in.ts';

/** What the kind's README grants Keyturn's own user. */
const adminRules = ['+acl', '+config', '+client', '+info', '+cluster|info', '+multi', '+exec'];
const serviceRules = ['~*', '&*', '+@read', '+@write', '+ping', '-@dangerous'];

interface Deployment {
  servers: RedisServers;
  passwords: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

/** A real Redis for each deployment of the inventory: as many nodes as it names, all but one of them replicas. */
export const standIn: StandIn = {
  title: 'Redis',
  missing: redisMissing,
  async start(secrets, surroundings) {
    const { authority } = surroundings;
    const plans = byServer(secrets, parseTarget);
    const deployments = await startAll(plans, (plan) => startDeployment(plan, surroundings));
    const placeOf = placesOf(plans, deployments);

    return {
      aim(secret) {
        const { target, server } = placeOf(secret);
        const { nodes, primary } = server.servers;
        return {
          ...secret.declaration,
          target: {
            ...target,
            host: primary.host,
            port: primary.port,
            nodes: nodes.map(({ host, port }) => ({ host, port })),
            adminSecret: secretNameOf(target.adminSecret),
            tls: { ca: authority.certificate },
          },
          views: mapViews(secret.declaration.views, (template) => atPlace(template, '{host}:{port}')),
        };
      },
      async credential(secret) {
        const { target, server } = placeOf(secret);
        const { primary } = server.servers;
        const password = server.passwords.get(target.user);
        return JSON.stringify({
          engine: 'redis',
          host: primary.host,
          port: primary.port,
          username: target.user,
          password,
        });
      },
      /** Everywhere the same. */
      async ask(secret, value) {
        const { nodes } = placeOf(secret).server.servers;
        const verdicts = new Set<Verdict>();
        for (const { host, port } of nodes)
          verdicts.add(await logIn({ host, port, ca: authority.certificate }, JSON.parse(value)));
        const [verdict] = verdicts;
        if (verdict === undefined || verdicts.size > 1)
          throw new Error(`the servers answer ${[...verdicts].join(' and ')}`);
        return verdict;
      },
      settings(secret) {
        const { target, server } = placeOf(secret);
        const { host, port } = server.servers.primary;
        return { host, port, username: target.user };
      },
      log: async () => (await Promise.all(deployments.map(({ servers }) => servers.log()))).join('\n'),
      stop: async () => void (await Promise.all(deployments.map(({ stop }) => stop()))),
    };
  },
};

async function startDeployment(
  { secrets }: ServerPlan<Target>,
  { authority, admins }: Surroundings,
): Promise<Deployment> {
  const nodes = Math.max(...secrets.map(({ target }) => target.nodes.length));
  const servers = await startRedis({
    tls: { ...authority.issue(['localhost', '127.0.0.1']), ca: authority.certificate },
    replicas: nodes - 1,
  });
  try {
    const passwords = new Map(secrets.map(({ target }) => [target.user, newPassword()]));
    for (const node of servers.nodes) {
      for (const [user, password] of passwords)
        await node.command('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, ...serviceRules);
      for (const { target } of secrets) {
        const { username, password } = admins.login(target.adminSecret);
        await node.command('ACL', 'SETUSER', username, 'on', `>${password}`, ...adminRules);
      }
      await node.command('ACL', 'SAVE');
    }
    return { servers, passwords, stop: () => servers.stop() };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

/** @throws Error for any answer that is neither a yes nor WRONGPASS. */
async function logIn(
  door: { host: string; port: number; ca: string },
  { username = 'default', password }: { username?: string; password: string },
): Promise<Verdict> {
  const session = openRedis(door);
  try {
    const answer = await session.command('AUTH', username, password);
    if (answer === '+OK') return 'accepted';
    if (answer.startsWith('-WRONGPASS')) return 'refused';
    throw new Error(`Redis answers ${answer.split(' ', 1)[0]}`);
  } finally {
    session.end();
  }
}
