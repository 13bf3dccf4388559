import { secretNameOf } from '../../../core/secret-arn.ts';
import { managedTag } from '../../../kinds/elasticache-user/facts.ts';
import { parseTarget, type Target } from '../../../kinds/elasticache-user/schema.ts';
import type { ElastiCache } from '../../../simulator/services/elasticache/elasticache.ts';
import { newPassword } from '../../estates/admin-secrets.ts';
import { CannotStart } from '../../estates/cannot-start.ts';
import { redisMissing } from '../../estates/redis-server.ts';
import { atPlace, mapViews } from '../aim-views.ts';
import { byServer, placesOf, type ServerPlan, startAll } from '../by-server.ts';
import { logInEverywhere } from '../redis/log-in.ts';
import { type MonitoredRedis, startMonitoredRedis } from '../redis/servers.ts';
import type { DeclaredSecret, StandIn, Surroundings } from '../stand-in.ts';

const serviceAccess = 'on ~* &* -@all +@read +@write +ping -@dangerous';
/** What the kind's README grants the user that sees sessions and ends them. */
const observerAccess = 'on -@all +info +cluster|info +client|list +client|kill';

/** The simulated account's own ElastiCache, with a real Redis for each node that the inventory names. */
export const standIn: StandIn = {
  title: 'ElastiCache',
  sample: {
    target: { userId: 'app', host: 'elasticache.example', adminSecret: 'kinds/elasticache-observer' },
    views: { 'kinds/CACHE_URL': 'rediss://{username:url}:{password:url}@{host}:{port}' },
  },
  missing: redisMissing,
  async start(secrets, surroundings) {
    const { authority, world } = surroundings;
    const elasticache = world.service<ElastiCache>('elasticache');
    const plans = byServer(secrets, parseTarget);
    refuseNamesakes(plans.flatMap((plan) => plan.secrets));
    const caches = await startAll(plans, (plan) => startCache(plan, surroundings, elasticache));
    const passwords = new Map<string, string>();
    for (const { name, target } of plans.flatMap((plan) => plan.secrets)) {
      const password = newCachePassword();
      passwords.set(name, password);
      await elasticache.createUser({
        userId: target.userId,
        userName: target.user,
        accessString: serviceAccess,
        passwords: [password],
        tags: { [managedTag.key]: managedTag.value },
      });
    }
    await makeObservers(
      plans.flatMap((plan) => plan.secrets.map(({ target }) => target)),
      surroundings,
      elasticache,
    );
    const placeOf = placesOf(plans, caches);

    return {
      aim(secret) {
        const { target, server } = placeOf(secret);
        const { host, port } = server.primary;
        const { adminSecret } = target;
        return {
          ...secret.declaration,
          target: {
            ...target,
            host,
            port,
            nodes: server.nodes.map((node) => ({ host: node.host, port: node.port })),
            ...(adminSecret !== undefined && { adminSecret: secretNameOf(adminSecret) }),
            tls: { ca: authority.certificate },
          },
          views: mapViews(secret.declaration.views, (template) => atPlace(template, '{host}:{port}')),
        };
      },
      async credential(secret) {
        const { target, server } = placeOf(secret);
        const { host, port } = server.primary;
        return JSON.stringify({
          engine: 'redis',
          host,
          port,
          username: target.user,
          password: passwords.get(secret.name),
        });
      },
      ask: (secret, value) => logInEverywhere(placeOf(secret).server.nodes, authority.certificate, JSON.parse(value)),
      settings(secret) {
        const { target, server } = placeOf(secret);
        const { host, port } = server.primary;
        return { host, port, username: target.user };
      },
      work: (secret, during) => placeOf(secret).server.work(during),
      log: async () => (await Promise.all(caches.map((cache) => cache.log()))).join('\n'),
      stop: async () => void (await Promise.all(caches.map((cache) => cache.stop()))),
    };
  },
};

/** Every simulated cache knows every user. */
function refuseNamesakes(secrets: readonly (DeclaredSecret & { target: Target })[]): void {
  for (const [user, namesakes = []] of Object.entries(Object.groupBy(secrets, ({ target }) => target.user))) {
    if (namesakes.length < 2) continue;
    const names = namesakes.map(({ name }) => name).join(' and ');
    throw new CannotStart(`${names} both have the ElastiCache user name ${user}: the rehearsal needs two names`);
  }
}

async function startCache(
  { secrets }: ServerPlan<Target>,
  surroundings: Surroundings,
  elasticache: ElastiCache,
): Promise<MonitoredRedis> {
  const nodes = Math.max(...secrets.map(({ target }) => target.nodes.length));
  const servers = await startMonitoredRedis(nodes, surroundings);
  await elasticache.attach({ nodes: servers.nodes, serverless: secrets.some(({ target }) => target.noSessions) });
  return servers;
}

async function makeObservers(
  targets: readonly Target[],
  { admins }: Surroundings,
  elasticache: ElastiCache,
): Promise<void> {
  const names = new Set(targets.flatMap(({ adminSecret }) => (adminSecret === undefined ? [] : [adminSecret])));
  for (const [index, name] of [...names].entries()) {
    const { username, password } = admins.login(name, newCachePassword);
    await elasticache.createUser({
      userId: `observer-${index + 1}`,
      userName: username,
      accessString: observerAccess,
      passwords: [password],
    });
  }
}

/** "The following nonalphanumeric characters are not allowed: , \" / @". */
function newCachePassword(): string {
  return newPassword().replaceAll(/["/@,]/g, '_');
}
