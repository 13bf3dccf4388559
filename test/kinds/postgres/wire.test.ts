import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LogLine, type PostgresServer, releases, startPostgres } from '../../support/postgres-server.ts';
import { makeEstate, type PostgresEstate } from './harness.ts';
import { credentialIn, kind, rotate } from './rotate.ts';

/** What the server saw of an estate's three logins. */
interface Traffic {
  connections: number;
  statements: number;
  failedLogins: number;
}

describe.each(releases)('what the server sees on $name, with log_statement = all', { timeout: 60_000 }, (release) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ release, settings: { log_statement: 'all' } });
  }, 60_000);
  afterAll(() => server?.stop());

  async function traffic(estate: PostgresEstate, work: () => Promise<unknown>): Promise<Traffic> {
    const own = (line: LogLine) => [estate.base, estate.clone, estate.admin].includes(line.user);
    const before = (await server.logLines()).length;
    await work();
    const lines = (await server.logLines()).slice(before).filter(own);
    const count = (pattern: RegExp) => lines.filter(({ text }) => pattern.test(text)).length;
    return {
      connections: count(/connection authorized/),
      statements: count(/^LOG: {2}(statement|execute [^:]+):/),
      failedLogins: lines.filter(({ sqlstate }) => sqlstate.startsWith('28')).length,
    };
  }

  it('is 3 connections, 4 statements and no failed login in the four steps', async () => {
    const estate = await makeEstate(server);
    const budget = { connections: 3, statements: 4, failedLogins: 0 };
    let current = estate.current;
    for (const turn of ['the clone is made', 'the base', 'the clone as it is']) {
      const seen = await traffic(estate, async () => {
        current = (await rotate(estate, current)).value;
      });
      expect(seen, turn).toEqual(budget);
    }
  });

  it('is a lone ALTER ROLE when nothing has drifted', async () => {
    const estate = await makeEstate(server);
    let { value } = await rotate(estate);
    ({ value } = await rotate(estate, value));
    const before = (await server.log()).length;
    await rotate(estate, value);
    const added = (await server.log()).slice(before);
    expect(added.match(/\b(ALTER|CREATE|GRANT|REVOKE)\b/g)).toEqual(['ALTER']);
  });

  it('is no cleartext password, only verifiers', async () => {
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
    expect(added.match(/PASSWORD 'SCRAM-SHA-256\$4096:/g)).toHaveLength(3);
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
      expect(refusals).toEqual([{ endpoint: `127.0.0.1:${server.port}`, error: 'SQLSTATE 28000' }]);
    });
    expect(seen).toEqual({ connections: 2, statements: 1, failedLogins: 1 });
  });

  it('is nobody of ours any more the moment that a verb has returned', async () => {
    const estate = await makeEstate(server);
    const { context, current, pending } = await rotate(estate);
    const watcher = await server.connect();
    const open = async () => (await watcher.query(ofKeyturn)).rows;
    for (let turn = 0; turn < 20; turn += 1) {
      await kind.verify(context, pending);
      expect(await open(), `turn ${turn}`).toEqual([]);
    }
    await kind.lastUse(context, current, 0);
    expect(await open()).toEqual([]);
    await kind.disable(context, { retire: current, keep: pending });
    expect(await open()).toEqual([]);
    await watcher.end();
  });
});

const ofKeyturn = `SELECT usename FROM pg_stat_activity WHERE application_name = 'keyturn'`;
