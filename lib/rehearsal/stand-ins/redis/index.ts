import { secretNameOf } from '../../../core/secret-arn.ts';
import { parseTarget, type Target } from '../../../kinds/redis/schema.ts';
import { newPassword } from '../../estates/admin-secrets.ts';
import { redisMissing } from '../../estates/redis-server.ts';
import { atPlace, mapViews } from '../aim-views.ts';
import { byServer, placesOf, type ServerPlan, startAll } from '../by-server.ts';
import type { StandIn, Surroundings } from '../stand-in.ts';
import { logInEverywhere } from './log-in.ts';
import { type MonitoredRedis, startMonitoredRedis } from './servers.ts';

/** What the kind's README grants Keyturn's own user. */
const adminRules = ['+acl', '+config', '+client', '+info', '+cluster|info', '+multi', '+exec'];
const serviceRules = ['~*', '&*', '+@read', '+@write', '+ping', '-@dangerous'];

interface Deployment {
  servers: MonitoredRedis;
  passwords: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

/** A real Redis for each deployment of the inventory: as many nodes as it names, all but one of them replicas. */
export const standIn: StandIn = {
  title: 'Redis',
  sample: {
    target: {
      host: 'redis.example',
      nodes: [{ host: 'redis.example' }],
      user: 'app',
      adminSecret: 'kinds/redis-admin',
    },
    views: { 'kinds/REDIS_URL': 'rediss://{username:url}:{password:url}@{host}:{port}' },
  },
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
      async ask(secret, value) {
        const { nodes } = placeOf(secret).server.servers;
        return await logInEverywhere(nodes, authority.certificate, JSON.parse(value));
      },
      settings(secret) {
        const { target, server } = placeOf(secret);
        const { host, port } = server.servers.primary;
        return { host, port, username: target.user };
      },
      work: (secret, during) => placeOf(secret).server.servers.work(during),
      log: async () => (await Promise.all(deployments.map(({ servers }) => servers.log()))).join('\n'),
      stop: async () => void (await Promise.all(deployments.map(({ stop }) => stop()))),
    };
  },
};

async function startDeployment({ secrets }: ServerPlan<Target>, surroundings: Surroundings): Promise<Deployment> {
  const nodes = Math.max(...secrets.map(({ target }) => target.nodes.length));
  const servers = await startMonitoredRedis(nodes, surroundings);
  try {
    const passwords = new Map(secrets.map(({ target }) => [target.user, newPassword()]));
    for (const node of servers.nodes) {
      for (const [user, password] of passwords)
        await node.command('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, ...serviceRules);
      for (const { target } of secrets) {
        const { username, password } = surroundings.admins.login(target.adminSecret);
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
