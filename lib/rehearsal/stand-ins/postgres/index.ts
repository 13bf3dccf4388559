import { secretNameOf } from '../../../core/secret-arn.ts';
import { parseTarget } from '../../../kinds/postgres/schema.ts';
import { pgbouncerMissing, pgbouncerVersion } from '../../estates/pgbouncer-server.ts';
import { aimDatabase, withoutViewsAt } from '../aim-database.ts';
import { byServer, placesOf, startAll } from '../by-server.ts';
import type { DeclaredSecret, StandIn } from '../stand-in.ts';
import { type Door, logIn } from './client.ts';
import { faultsAt } from './faults.ts';
import { countWork, parseLog } from './log.ts';
import { addressOf, type Server, startServer, visitsOf } from './server.ts';

/** A real PostgreSQL for each server of the inventory, with a real replica and a real PgBouncer where they are declared. */
export const standIn: StandIn = {
  title: 'PostgreSQL',
  sample: {
    target: { host: 'postgres.example', database: 'app', user: 'app', adminSecret: 'kinds/postgres-admin' },
    views: { 'kinds/POSTGRES_URL': 'postgresql://{username:url}:{password:url}@{host}:{port}/{dbname}' },
  },
  missing: undefined,
  async start(secrets, surroundings) {
    const { authority, admins } = surroundings;
    const plans = byServer(secrets, parseTarget);
    const servers = await startAll(plans, (plan) => startServer(plan, surroundings));
    const placeOf = placesOf(plans, servers);
    function doorOf(secret: DeclaredSecret): Door {
      const { server, target } = placeOf(secret);
      return { host: server.host, port: server.port, database: target.database, ca: authority.certificate };
    }

    const isMissing = () => pgbouncerVersion === undefined;
    return {
      leftOut: plans
        .flatMap((plan) => plan.secrets)
        .filter(({ target }) => target.poolers.some(isMissing))
        .map(({ name }) => `the poolers of ${name} and its views through them, because ${pgbouncerMissing}`),
      aim(secret) {
        const { target, server } = placeOf(secret);
        const places = target.poolers.flatMap((pooler) => {
          const running = server.poolers.get(addressOf(pooler));
          return running === undefined ? [] : [{ pooler, host: running.host, port: running.port }];
        });
        const byHost = new Map(places.map(({ pooler, host, port }) => [pooler.host.toLowerCase(), `${host}:${port}`]));
        const poolers = places.map(({ pooler, host, port }) => ({
          ...pooler,
          host,
          port,
          tls: { ca: authority.certificate },
          consoleSecret: secretNameOf(pooler.consoleSecret),
        }));
        const declaration = withoutViewsAt(secret.declaration, target.poolers.filter(isMissing));
        const here = { ...target, poolers };
        return aimDatabase(declaration, here, server, authority.certificate, byHost);
      },
      async credential(secret) {
        const { target, server } = placeOf(secret);
        const password = server.passwords.get(target.user);
        const { host, port } = server;
        return JSON.stringify({
          engine: 'postgres',
          host,
          port,
          username: target.user,
          password,
          dbname: target.database,
        });
      },
      ask: (secret, value) => logIn(doorOf(secret), JSON.parse(value)),
      settings(secret) {
        const { host, port, database } = doorOf(secret);
        return { host, port, database, table: visitsOf(placeOf(secret).target.user) };
      },
      async work(secret, during) {
        const { target, server } = placeOf(secret);
        const users = [target.user, `${target.user}_clone`, admins.login(target.adminSecret).username];
        return countWork(parseLog(await server.log()), during, users);
      },
      goAway: (secret, awayMs) => placeOf(secret).server.restart(awayMs),
      faults: (secret, outcome) => faultsAt(placeOf(secret), outcome),
      log: async () => (await Promise.all(servers.map(logsOf))).join('\n'),
      stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    };
  },
};

async function logsOf(server: Server): Promise<string> {
  const logs = [await server.log(), ...(await Promise.all([...server.poolers.values()].map((pooler) => pooler.log())))];
  if (server.replicaPort !== undefined) logs.push(await server.log({ replica: true }));
  return logs.join('\n');
}
