import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { type MysqlEstate, makeEstate } from './harness.ts';
import { credentialIn, kind, rotate } from './rotate.ts';

/** What the server saw of an estate's three users. */
interface Traffic {
  connections: number;
  statements: number;
  failedLogins: number;
}

describe.runIf(hasMariadb)('what MariaDB sees, with its general log on', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterAll(() => server?.stop());

  async function traffic(estate: MysqlEstate, work: () => Promise<unknown>): Promise<Traffic> {
    const before = (await server.logLines()).length;
    const failedBefore = await estate.failedLogins();
    await work();
    const failedLogins = (await estate.failedLogins()) - failedBefore;
    const lines = (await server.logLines()).slice(before);
    const users = [estate.base, estate.clone, estate.admin].map((user) => `${user}@`);
    const logins = lines.filter(
      ({ command, text }) => command === 'Connect' && users.some((user) => text.startsWith(user)),
    );
    const own = new Set(logins.map(({ connection }) => connection));
    const statements = lines.filter(({ command, connection }) => command === 'Query' && own.has(connection));
    return { connections: own.size, statements: statements.length, failedLogins };
  }

  it('is 3 or 4 connections, 8 or 11 statements and no failed login in the four steps', async () => {
    const estate = await makeEstate(server);
    let current = estate.current;
    const seen: Traffic[] = [];
    for (const _turn of ['the clone is made', 'the base', 'the clone as it is', 'the base again']) {
      seen.push(
        await traffic(estate, async () => {
          current = (await rotate(estate, current)).value;
        }),
      );
    }
    expect(seen).toEqual([
      { connections: 4, statements: 12, failedLogins: 0 },
      { connections: 3, statements: 8, failedLogins: 0 },
      { connections: 4, statements: 11, failedLogins: 0 },
      { connections: 3, statements: 8, failedLogins: 0 },
    ]);
  });

  it('is a lone ALTER USER when nothing has drifted', async () => {
    const estate = await makeEstate(server);
    let { value } = await rotate(estate);
    ({ value } = await rotate(estate, value));
    const before = (await server.log()).length;
    await rotate(estate, value);
    const added = (await server.log()).slice(before);
    expect(added.match(/\b(ALTER|CREATE|GRANT|REVOKE|DROP)\b/g)).toEqual(['ALTER']);
  });

  it('is no cleartext password, only hashes', async () => {
    const estate = await makeEstate(server);
    const before = (await server.log()).length;
    let current = estate.current;
    const passwords = new Set<string>();
    for (const _turn of [1, 2, 3]) {
      const { value, pending } = await rotate(estate, current);
      passwords.add(pending.password.reveal());
      const versions = { retire: credentialIn(current, estate.target), keep: pending };
      await kind.disable(estate.context(), versions);
      await kind.proveRefused(estate.context(), versions);
      current = value;
    }
    const added = (await server.log()).slice(before);
    // Two where the clone is made: it gets its password locked, and again with the unlock.
    expect(added.match(/IDENTIFIED VIA mysql_native_password USING '\*[0-9A-F]{40}'/g)).toHaveLength(4);
    expect(passwords.size).toBe(3);
    for (const password of [...passwords, ...estate.otherSecrets]) expect(added.includes(password)).toBe(false);
  });

  it('is exactly one failed login in the proof', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = await rotate(estate);
    const versions = { retire: current, keep: pending };
    await kind.disable(context, versions);
    const seen = await traffic(estate, async () => {
      const refusals = await kind.proveRefused(context, versions);
      expect(refusals).toEqual([{ endpoint: `127.0.0.1:${server.port}`, error: 'error 4151' }]);
    });
    expect(seen).toEqual({ connections: 2, statements: 1, failedLogins: 1 });
  });

  it('is nobody of ours any more once a verb has returned', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = await rotate(estate);
    // The server takes a session off its list a moment after it has closed the connection.
    const nobody = (when: string) =>
      expect
        .poll(
          () =>
            server.sql(
              `SELECT user FROM information_schema.processlist WHERE user IN ('${estate.clone}', '${estate.admin}')`,
            ),
          { interval: 5, timeout: 2_000, message: when },
        )
        .toEqual([]);
    for (let turn = 0; turn < 20; turn += 1) {
      await kind.verify(context, pending);
      await nobody(`turn ${turn}`);
    }
    await kind.lastUse(context, current, 0);
    await nobody('after lastUse');
    await kind.disable(context, { retire: current, keep: pending });
    await nobody('after disable');
  });
});
