import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../lib/rehearsal/estates/postgres-server.ts';
import { countWork, logSettings, parseLog } from '../../../../lib/rehearsal/stand-ins/postgres/log.ts';

describe("what is counted from PostgreSQL's own log", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ settings: logSettings });
    return () => server.stop();
  });

  async function session(application_name: string, password = server.superuserPassword): Promise<pg.Client> {
    const { host, port, superuser: user } = server;
    const client = new pg.Client({ host, port, user, password, database: 'postgres', application_name });
    await client.connect();
    return client;
  }

  /** What `work` made the server log, as soon as its end is in the log. */
  async function during(work: () => Promise<void>) {
    const fromMs = Date.now();
    await work();
    const toMs = Date.now();
    await expect.poll(async () => (await server.log()).match(/disconnection:/g)?.length ?? 0).toBeGreaterThan(0);
    return { entries: parseLog(await server.log()), during: { fromMs, toMs } };
  }

  it('are connections, statements of either protocol and failed logins', async () => {
    const seen = await during(async () => {
      const one = await session('keyturn');
      await one.query('SELECT 1');
      await one.query('SELECT $1::text', ['a\nb']);
      await one.query('SELECT 1;\nSELECT 2');
      await one.end();
      await (await session('keyturn')).end();
      await session('keyturn', 'wrong').catch(() => undefined);
    });
    expect(countWork(seen.entries, seen.during, [server.superuser])).toEqual({
      connections: 2,
      requests: 3,
      failedLogins: 1,
    });
  });

  it('are nobody else’s sessions, and nothing from before or after', async () => {
    await during(async () => (await session('keyturn')).end());
    const seen = await during(async () => {
      const other = await session('api');
      await other.query('SELECT 1');
      await other.end();
    });
    expect(countWork(seen.entries, seen.during, [server.superuser])).toEqual({
      connections: 0,
      requests: 0,
      failedLogins: 0,
    });
  });

  it('keep a statement of several lines in one entry', () => {
    const [entry, ...others] = parseLog('1763630000.123|42|00000|app|LOG:  statement: SELECT 1,\n\t2\n');
    expect(entry).toMatchObject({ atMs: 1_763_630_000_123, pid: 42, user: 'app' });
    expect(entry?.text).toContain('2');
    expect(others).toEqual([]);
  });
});
