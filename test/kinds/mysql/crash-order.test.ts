import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { type MysqlEstate, makeEstate } from './harness.ts';
import { privilegesOf } from './privileges.ts';
import { kind, propose, type Rotation, rotate } from './rotate.ts';

/** A query of the driver's, as this test leads it through a gate. */
type Query = (this: { connection: { config: { user?: string } } }, statement: string) => Promise<unknown>;

/** Statements commit by themselves, so an install can end after each of them. */
describe.runIf(hasMariadb)('an install that dies after any of its statements', { timeout: 180_000 }, () => {
  let server: MariadbServer;
  let prototype: { query: Query };
  let original: Query;
  beforeAll(async () => {
    server = await startMariadb();
    const session = await server.connect();
    prototype = Object.getPrototypeOf(session) as { query: Query };
    original = prototype.query;
    await session.end();
  }, 60_000);
  afterAll(() => server?.stop());

  /** Lets the kind's first `statements` statements have their effect, and none after. Returns how many it began. */
  async function dyingAfter(statements: number, estate: MysqlEstate, work: () => Promise<unknown>): Promise<number> {
    let begun = 0;
    prototype.query = function (this, statement) {
      if (![estate.admin, estate.base, estate.clone].includes(this.connection.config.user ?? '')) {
        return original.call(this, statement);
      }
      begun += 1;
      if (begun > statements) return Promise.reject(new Error('the process died'));
      return original.call(this, statement);
    };
    try {
      await work().catch(() => undefined);
    } finally {
      prototype.query = original;
    }
    return begun;
  }

  /** A base with something of everything. */
  async function richEstate(): Promise<MysqlEstate> {
    const estate = await makeEstate(server, { hosts: ['%', '10.%'], admin: ['ALL PRIVILEGES'] });
    const { base, admin, database: db } = estate;
    for (const statement of [
      `GRANT ALL PRIVILEGES ON *.* TO ${admin}@'%' WITH GRANT OPTION`,
      `CREATE ROLE ${base}_role`,
      `GRANT ${base}_role TO ${admin}@'%' WITH ADMIN OPTION`,
      `GRANT ${base}_role TO ${base}@'%' WITH ADMIN OPTION`,
      `SET DEFAULT ROLE ${base}_role FOR ${base}@'%'`,
      `CREATE TABLE ${db}.t (a int, b int)`,
      `GRANT SELECT, UPDATE (a) ON ${db}.t TO ${base}@'%' WITH GRANT OPTION`,
      `GRANT PROCESS ON *.* TO ${base}@'10.%'`,
      `ALTER USER ${base}@'10.%' REQUIRE SSL WITH MAX_USER_CONNECTIONS 9`,
    ]) {
      await server.sql(statement);
    }
    return estate;
  }

  const scenes: Record<string, () => Promise<{ estate: MysqlEstate; rotation: Rotation }>> = {
    'that makes the clone': async () => {
      const estate = await richEstate();
      return { estate, rotation: propose(estate) };
    },
    'that brings a clone of old to what the base is now': async () => {
      const estate = await richEstate();
      const { base, database: db } = estate;
      const first = await rotate(estate);
      const second = await rotate(estate, first.value);
      await kind.disable(second.context, { retire: second.current, keep: second.pending });
      for (const statement of [
        `REVOKE ALL PRIVILEGES ON ${db}.t FROM ${base}@'%'`,
        `GRANT INSERT ON ${db}.t TO ${base}@'%'`,
        `REVOKE ${base}_role FROM ${base}@'%'`,
        `GRANT RELOAD ON *.* TO ${base}@'%'`,
        `DROP USER ${base}@'10.%'`,
        `CREATE USER ${base}@'192.168.%'`,
        `GRANT SELECT ON ${db}.t TO ${base}@'192.168.%'`,
      ]) {
        await server.sql(statement);
      }
      return { estate, rotation: propose(estate, second.value) };
    },
    'that is the turn of the base': async () => {
      const estate = await richEstate();
      const first = await rotate(estate);
      await kind.disable(first.context, { retire: first.current, keep: first.pending });
      return { estate, rotation: propose(estate, first.value) };
    },
  };

  it.each(Object.entries(scenes))(
    '%s: current stays whole, pending logs in with everything or not at all, the next run ends it',
    async (_name, scene) => {
      let statements = 1;
      let refused = 0;
      for (let until = 0; until < statements; until += 1) {
        const { estate, rotation } = await scene();
        const { base, clone } = estate;
        const currentUser = rotation.current.username;
        const before = await privilegesOf(server, estate, currentUser);
        const ofBase = await privilegesOf(server, estate, base);
        await dyingAfter(until, estate, () => kind.install(rotation.context, rotation));
        if (until === 0)
          statements = (await dyingAfter(999, estate, () => kind.install(rotation.context, rotation))) + 1;
        const where = `after ${until} statements`;

        expect(await estate.logIn(rotation.current.document), where).toBe('accepted');
        expect(await privilegesOf(server, estate, currentUser), where).toEqual(before);
        if ((await estate.logIn(rotation.value)) === 'accepted') {
          const had = await privilegesOf(server, estate, rotation.pending.username);
          for (const [host, lines] of Object.entries(ofBase)) expect(had[host], where).toEqual(lines);
        } else {
          refused += 1;
        }

        await kind.install(rotation.context, rotation);
        await kind.verify(rotation.context, rotation.pending);
        const after = await privilegesOf(server, estate, clone);
        for (const [host, lines] of Object.entries(ofBase)) expect(after[host], where).toEqual(lines);
      }
      // Most runs end before the last statement, which alone lets pending log in.
      expect(refused).toBeGreaterThan(2);
      expect(statements).toBeGreaterThan(6);
    },
  );
});
