import { parseTarget } from '../../../kinds/postgres/schema.ts';
import { aimDatabase } from '../aim-database.ts';
import { byServer, placesOf, startAll } from '../by-server.ts';
import type { DeclaredSecret, StandIn } from '../stand-in.ts';
import { type Door, logIn } from './client.ts';
import { faultsAt } from './faults.ts';
import { countWork, parseLog } from './log.ts';
import { type Server, startServer, visitsOf } from './server.ts';

/** A real PostgreSQL for each server of the inventory, with a real replica where one is declared. The writer also stands for a pooler. */
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

    return {
      aim(secret) {
        const { target, server } = placeOf(secret);
        return aimDatabase(secret.declaration, target, server, authority.certificate);
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
      faults: (secret, outcome) => faultsAt(placeOf(secret), outcome),
      log: async () => (await Promise.all(servers.map(logsOf))).join('\n'),
      stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    };
  },
};

async function logsOf(server: Server): Promise<string> {
  const logs = [await server.log()];
  if (server.replicaPort !== undefined) logs.push(await server.log({ replica: true }));
  return logs.join('\n');
}
