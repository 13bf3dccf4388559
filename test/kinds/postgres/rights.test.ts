import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyturnError } from '../../../lib/core/errors.ts';
import { type PostgresServer, releases, startPostgres } from '../../support/postgres-server.ts';
import { failure } from './failure.ts';
import { makeEstate } from './harness.ts';
import { kind, propose, rotate } from './rotate.ts';

describe.each(releases)("the admin's rights on $name", { timeout: 60_000 }, (release) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ release });
  }, 60_000);
  afterAll(() => server?.stop());

  /** The statements after the colon, as an operator would paste them. */
  const remedy = (error: KeyturnError) => error.message.slice(error.message.lastIndexOf(': ') + 2);

  it.runIf(release.major >= 16)(
    'asks for the ADMIN OPTION on the base role, and the statement it gives is enough',
    async () => {
      const estate = await makeEstate(server, { admin: 'no ADMIN OPTION' });
      const rotation = propose(estate);
      const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
      expect(remedy(error)).toBe(
        `GRANT "${estate.base}" TO "${estate.admin}" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
      );
      await server.sql(remedy(error));
      await kind.install(rotation.context, rotation);
    },
  );

  it.runIf(release.major >= 16)('asks for the ADMIN OPTION on a clone that somebody else made', async () => {
    const estate = await makeEstate(server);
    await server.sql(`CREATE ROLE ${estate.clone} LOGIN PASSWORD 'x'; GRANT ${estate.base} TO ${estate.clone}`);
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(remedy(error)).toContain(`GRANT "${estate.clone}" TO "${estate.admin}" WITH ADMIN OPTION`);
    await server.sql(remedy(error));
    await kind.install(rotation.context, rotation);
  });

  it('asks for pg_signal_backend before it changes anything, and the statement it gives is enough', async () => {
    const estate = await makeEstate(server, { admin: 'no pg_signal_backend' });
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(remedy(error)).toBe(`GRANT pg_signal_backend TO "${estate.admin}"`);
    expect(await server.sql('SELECT 1 FROM pg_roles WHERE rolname = $1', [estate.clone])).toEqual([]);
    await server.sql(remedy(error));
    await kind.install(rotation.context, rotation);
    await kind.disable(rotation.context, { retire: rotation.current, keep: rotation.pending });
  });

  it('asks for CREATEROLE, and for everything else at once', async () => {
    const estate = await makeEstate(server, { admin: 'no CREATEROLE' });
    await server.sql(`REVOKE pg_signal_backend FROM ${estate.admin}`);
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(remedy(error)).toBe(`ALTER ROLE "${estate.admin}" CREATEROLE; GRANT pg_signal_backend TO "${estate.admin}"`);
    await server.sql(remedy(error));
    await kind.install(rotation.context, rotation);
  });

  it('does not touch a superuser unless it is one', async () => {
    const estate = await makeEstate(server);
    await server.sql(`ALTER ROLE ${estate.base} SUPERUSER`);
    const rotation = propose(estate);
    await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    const other = await makeEstate(server, { admin: 'superuser' });
    await rotate(other);
  });

  it('names the setting that only a superuser may hand on, and needs nothing once it is there', async () => {
    const estate = await makeEstate(server);
    await server.sql(`ALTER ROLE ${estate.base} SET log_min_duration_statement TO '7s'`);
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(error.message).toContain(`ALTER ROLE "${estate.clone}" SET "log_min_duration_statement" TO '7s'`);
    expect(await server.sql('SELECT 1 FROM pg_roles WHERE rolname = $1', [estate.clone]), 'one transaction').toEqual(
      [],
    );
    await server.sql(`GRANT SET ON PARAMETER log_min_duration_statement TO ${estate.admin}`);
    await kind.install(rotation.context, rotation);
  });

  it('says so when the admin may not connect to the database', async () => {
    const estate = await makeEstate(server);
    await server.sql(`REVOKE CONNECT ON DATABASE ${estate.database} FROM PUBLIC`);
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(error.message).toContain(`connect to "${estate.database}"`);
    expect((await kind.lastUse(rotation.context, rotation.current, 0)).state).toBe('unknown');
  });

  it("refuses an admin secret of another host, or of the user's own login", async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    for (const changes of [{ host: 'elsewhere.example' }, { username: estate.base }, { username: estate.clone }]) {
      const admin = (await rotation.context.admin()).map((text) => JSON.stringify({ ...JSON.parse(text), ...changes }));
      await failure('TargetMismatch', kind.install({ ...rotation.context, admin: async () => admin }, rotation));
    }
  });

  it('says which credential was refused when it is the admin', async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    const admin = (await rotation.context.admin()).map((text) =>
      JSON.stringify({ ...JSON.parse(text), password: 'no' }),
    );
    const error = await failure(
      'AuthenticationRefused',
      kind.install({ ...rotation.context, admin: async () => admin }, rotation),
    );
    expect(error.message).toContain(`the admin "${estate.admin}"`);
  });
});
