import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { failure } from './failure.ts';
import { type MysqlEstate, makeEstate } from './harness.ts';
import { privilegesOf } from './privileges.ts';
import { kind, propose, rotate, withFields } from './rotate.ts';

/**
 * The clone as AWS's multi-user templates make it: unlocked from the start, its grants copied without GRANT OPTION and
 * never taken back (SecretsManagerRDSMariaDBRotationMultiUser: GRANT … TO clone IDENTIFIED BY).
 */
async function asAwsLeavesIt(server: MariadbServer, { base, clone, admin, database, current }: MysqlEstate) {
  const password = 'Aws#made?password-0%';
  for (const statement of [
    `GRANT ALL PRIVILEGES ON *.* TO ${admin}@'%' WITH GRANT OPTION`,
    `GRANT SELECT ON mysql.db TO ${base}@'%' WITH GRANT OPTION`,
    `CREATE USER ${clone}@'%' IDENTIFIED BY '${password}'`,
    `GRANT ALL PRIVILEGES ON ${database}.* TO ${clone}@'%'`,
    `GRANT SELECT ON mysql.db TO ${clone}@'%'`,
  ]) {
    await server.sql(statement);
  }
  return withFields(current, { username: clone, password });
}

describe.runIf(hasMariadb)("a secret that AWS's multi-user template rotated, on MariaDB", { timeout: 60_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterAll(() => server?.stop());

  it('is taken over with the base as current: the clone gets what AWS left out', async () => {
    const estate = await makeEstate(server, { admin: ['ALL PRIVILEGES'] });
    await asAwsLeavesIt(server, estate);
    await rotate(estate);
    expect(await privilegesOf(server, estate, estate.clone)).toEqual(await privilegesOf(server, estate, estate.base));
  });

  it('is taken over with the clone as current, and goes round twice', async () => {
    const estate = await makeEstate(server, { admin: ['ALL PRIVILEGES'] });
    const current = await asAwsLeavesIt(server, estate);
    const toBase = await rotate(estate, current);
    expect(toBase.pending.username).toBe(estate.base);
    expect(await estate.logIn(current)).toBe('accepted');
    await kind.disable(toBase.context, { retire: toBase.current, keep: toBase.pending });
    const toClone = await rotate(estate, toBase.value);
    await kind.disable(toClone.context, { retire: toClone.current, keep: toClone.pending });
    expect(await estate.logIn(toClone.value)).toBe('accepted');
    expect(await privilegesOf(server, estate, estate.clone)).toEqual(await privilegesOf(server, estate, estate.base));
  });

  it('keeps what AWS never took back from the clone in use, until a human says which is meant', async () => {
    const estate = await makeEstate(server, { admin: ['ALL PRIVILEGES'] });
    const current = await asAwsLeavesIt(server, estate);
    await server.sql(`GRANT RELOAD ON *.* TO ${estate.clone}@'%'`);
    const rotation = propose(estate, current);
    const error = await failure('PrivilegeLost', kind.install(rotation.context, rotation));
    expect(error.message).toContain(`GRANT RELOAD ON *.* TO \`${estate.base}\`@\`%\``);
    await server.sql(`REVOKE RELOAD ON *.* FROM ${estate.clone}@'%'`);
    await kind.install(rotation.context, rotation);
  });
});

describe.runIf(hasMariadb)('a server that is laid out as on RDS', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    const shared = '/usr/share/mysql';
    server = await startMariadb({
      settings: { basedir: '/rdsdbbin/mysql', lc_messages_dir: shared, character_sets_dir: `${shared}/charsets` },
    });
    await server.sql('CREATE PROCEDURE mysql.rds_kill(thread BIGINT) KILL thread');
  }, 60_000);
  afterAll(() => server?.stop());

  it('has its sessions killed by the procedure of RDS', async () => {
    const estate = await makeEstate(server, { admin: ['CREATE USER', 'PROCESS'] });
    await server.sql(`GRANT EXECUTE ON PROCEDURE mysql.rds_kill TO ${estate.admin}@'%'`);
    const { context, current, pending } = await rotate(estate);
    const session = await estate.session(estate.current);
    await kind.disable(context, { retire: current, keep: pending });
    await expect(session.query('SELECT 1')).rejects.toThrow();
  });

  it('answers AdminPrivilegeMissing where the procedure is not for the admin, with the user locked already', async () => {
    const estate = await makeEstate(server, { admin: ['CREATE USER', 'PROCESS'] });
    const { context, current, pending } = await rotate(estate);
    const use = await estate.use(estate.current);
    const error = await failure('AdminPrivilegeMissing', kind.disable(context, { retire: current, keep: pending }));
    expect(error.message).toContain('1095');
    expect(await estate.logIn(estate.current)).toBe('refused');
    await use.end();
  });
});
