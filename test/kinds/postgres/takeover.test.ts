import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, releases, startPostgres } from '../../support/postgres-server.ts';
import { failure } from './failure.ts';
import { makeEstate, type PostgresEstate } from './harness.ts';
import { credentialIn, kind, propose, rotate, withFields } from './rotate.ts';

/**
 * The clone as AWS's multi-user template makes it
 * (SecretsManagerRDSPostgreSQLRotationMultiUser: CREATE ROLE … WITH LOGIN PASSWORD, GRANT base TO clone).
 */
async function asAwsLeavesIt(server: PostgresServer, estate: PostgresEstate, major: number) {
  const password = 'Aws#made?password-0%';
  await server.sql(
    `CREATE ROLE ${estate.clone} WITH LOGIN PASSWORD '${password}'; GRANT ${estate.base} TO ${estate.clone}`,
  );
  // AWS's master made both; Keyturn's admin needs the ADMIN OPTION on what it did not make.
  if (major >= 16)
    await server.sql(`GRANT ${estate.clone} TO ${estate.admin} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`);
  return withFields(estate.current, { username: estate.clone, password });
}

describe.each(releases)("a secret that AWS's multi-user template rotated, on $name", { timeout: 60_000 }, (release) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ release });
  }, 60_000);
  afterAll(() => server?.stop());

  it('is taken over with the base as current: the clone comes to act as the base', async () => {
    const estate = await makeEstate(server);
    await asAwsLeavesIt(server, estate, release.major);
    await server.sql(
      `ALTER ROLE ${estate.base} SET work_mem TO '6MB' CONNECTION LIMIT 9`.replace(
        ' CONNECTION',
        `; ALTER ROLE ${estate.base} CONNECTION`,
      ),
    );
    const { value } = await rotate(estate);
    const session = await estate.session(value);
    await session.query('CREATE SCHEMA made');
    expect((await session.query('SHOW work_mem')).rows).toEqual([{ work_mem: '6MB' }]);
    await session.end();
    const rows = await server.sql(
      `SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = 'made'`,
      undefined,
      estate.database,
    );
    expect(rows).toEqual([{ owner: estate.base }]);
    expect(await server.sql('SELECT rolconnlimit FROM pg_roles WHERE rolname = $1', [estate.clone])).toEqual([
      { rolconnlimit: 9 },
    ]);
  });

  it('is taken over with the clone as current, and goes round twice', async () => {
    const estate = await makeEstate(server);
    const current = await asAwsLeavesIt(server, estate, release.major);
    const toBase = await rotate(estate, current);
    expect(toBase.pending.username).toBe(estate.base);
    expect(await estate.logIn(current)).toBe('accepted');
    await kind.disable(toBase.context, { retire: toBase.current, keep: toBase.pending });
    const toClone = await rotate(estate, toBase.value);
    expect(await estate.logIn(toClone.value)).toBe('accepted');
    expect(toClone.value.parse(JSON.parse).masterarn).toContain('db/admin');
  });

  it('is not rotated to a base role that could not use what the clone owns, until it is handed over', async () => {
    const estate = await makeEstate(server);
    const current = await asAwsLeavesIt(server, estate, release.major);
    await server.sql(`CREATE ROLE ${estate.base}_team; GRANT ${estate.base}_team TO ${estate.clone}`);
    await server.sql(`GRANT CREATE ON SCHEMA public TO ${estate.clone}`, undefined, estate.database);
    const session = await estate.session(current);
    await session.query('CREATE TABLE public.made_under_the_clone ()');
    await session.end();
    const rotation = propose(estate, current);
    const error = await failure('PrivilegeLost', kind.install(rotation.context, rotation));
    expect(error.message).toContain(`REASSIGN OWNED BY "${estate.clone}" TO "${estate.base}"`);
    expect(error.message).toContain(`GRANT "${estate.base}_team" TO "${estate.base}"`);
    expect(await estate.logIn(estate.current), 'nothing was changed').toBe('accepted');

    await server.sql(
      `GRANT ${estate.base}_team TO ${estate.base}; REASSIGN OWNED BY ${estate.clone} TO ${estate.base}; DROP OWNED BY ${estate.clone}`,
      undefined,
      estate.database,
    );
    await kind.install(rotation.context, rotation);
    await kind.verify(rotation.context, credentialIn(rotation.value, estate.target));
  });
});
