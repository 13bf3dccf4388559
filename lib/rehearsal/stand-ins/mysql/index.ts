import { parseTarget } from '../../../kinds/mysql/schema.ts';
import { mariadbMissing } from '../../estates/mariadb-server.ts';
import { aimDatabase } from '../aim-database.ts';
import { byServer, placesOf, startAll } from '../by-server.ts';
import type { DeclaredSecret, StandIn } from '../stand-in.ts';
import { type Door, logIn } from './client.ts';
import { countWork } from './log.ts';
import { startServer } from './server.ts';

/** A real MariaDB for each server of the inventory, with a real replica where one is declared. */
export const standIn: StandIn = {
  title: 'MariaDB',
  sample: {
    target: {
      engine: 'mariadb',
      host: 'mysql.example',
      database: 'app',
      user: 'app',
      adminSecret: 'kinds/mysql-admin',
    },
    views: { 'kinds/MYSQL_URL': 'mysql://{username:url}:{password:url}@{host}:{port}/{dbname}' },
  },
  missing: mariadbMissing,
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
        const { host, port } = server;
        const password = server.passwords.get(target.user);
        const { engine, user: username, database: dbname } = target;
        return JSON.stringify({ engine, host, port, username, password, dbname });
      },
      ask: (secret, value) => logIn(doorOf(secret), JSON.parse(value)),
      settings(secret) {
        const { host, port, database } = doorOf(secret);
        return { host, port, database };
      },
      async work(secret, during, newValue) {
        const { target, server } = placeOf(secret);
        // A user with two passwords keeps its name, so that its sessions are not told from the services'.
        const counted = target.overlap === 'dual-passwords' ? undefined : newValue;
        return countWork(await server.log(), during, admins.login(target.adminSecret).username, counted);
      },
      goAway: (secret, awayMs) => placeOf(secret).server.restart(awayMs),
      async faults(secret, { gone }) {
        const { target, server } = placeOf(secret);
        if (gone === undefined || target.overlap === 'dual-passwords') return [];
        const { username } = JSON.parse(gone) as { username: string };
        const sessions = await server.sql('SELECT user FROM information_schema.processlist');
        return sessions.filter(({ user }) => user === username).map(() => `a session of ${username} is left`);
      },
      log: async () => (await Promise.all(servers.map((server) => server.log()))).join('\n'),
      stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    };
  },
};
