import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyturnError } from '../../../lib/core/errors.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { failure } from './failure.ts';
import { makeEstate } from './harness.ts';
import { kind, propose, rotate, withFields } from './rotate.ts';

describe.runIf(hasMariadb)("the admin's rights on MariaDB", { timeout: 60_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterAll(() => server?.stop());

  /** The statement that the message gives, as an operator would paste it. */
  const remedy = (error: KeyturnError) => error.message.slice(error.message.lastIndexOf('once: ') + 'once: '.length);

  it.each([
    ['CREATE USER', ['PROCESS', 'CONNECTION ADMIN']],
    ['PROCESS', ['CREATE USER', 'CONNECTION ADMIN']],
    ['CONNECTION ADMIN', ['CREATE USER', 'PROCESS']],
    ['CREATE USER, PROCESS, CONNECTION ADMIN', []],
  ])('asks for %s before it changes anything, and the statement it gives is enough', async (missing, admin) => {
    const estate = await makeEstate(server, { admin });
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(remedy(error)).toBe(`GRANT ${missing} ON *.* TO \`${estate.admin}\`@\`%\``);
    expect(await server.sql(`SELECT 1 FROM mysql.user WHERE User = '${estate.clone}'`)).toEqual([]);
    await server.sql(remedy(error));
    await kind.install(rotation.context, rotation);
    await kind.disable(rotation.context, { retire: rotation.current, keep: rotation.pending });
    expect(await estate.logIn(estate.current)).toBe('refused');
  });

  it('takes what a role of the admin gives it, and SUPER for the right to kill', async () => {
    const estate = await makeEstate(server, { admin: [] });
    const { admin } = estate;
    for (const statement of [
      `CREATE ROLE ${admin}_role`,
      `GRANT CREATE USER, PROCESS, SUPER ON *.* TO ${admin}_role`,
      `GRANT ${admin}_role TO ${admin}@'%'`,
      `SET DEFAULT ROLE ${admin}_role FOR ${admin}@'%'`,
    ]) {
      await server.sql(statement);
    }
    const { context, current, pending } = await rotate(estate);
    await kind.disable(context, { retire: current, keep: pending });
  });

  it('says that it cannot read the users', async () => {
    const estate = await makeEstate(server);
    await server.sql(`REVOKE SELECT ON mysql.* FROM ${estate.admin}@'%'`);
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(error.message).toContain('GRANT SELECT ON `mysql`.* TO');
  });

  it('never calls a user unused whose sessions it cannot see', async () => {
    const estate = await makeEstate(server, { admin: ['CREATE USER', 'CONNECTION ADMIN'] });
    const { context, current } = propose(estate);
    const use = await estate.use(estate.current);
    expect(await kind.lastUse(context, current, 0)).toMatchObject({
      state: 'unknown',
      detail: expect.stringContaining('PROCESS'),
    });
    await use.end();
  });

  it.each([
    ['a privilege', 'GRANT RELOAD ON *.* TO {base}', 'GRANT RELOAD ON *.* TO {admin} WITH GRANT OPTION'],
    [
      'a privilege on a column',
      'GRANT SELECT (Host) ON mysql.db TO {base}',
      'GRANT SELECT (`Host`) ON `mysql`.`db` TO {admin} WITH GRANT OPTION',
    ],
    ['a role', 'CREATE ROLE {role}; GRANT {role} TO {base}', 'GRANT {role} TO {admin} WITH ADMIN OPTION'],
    [
      'a default role',
      'CREATE ROLE {role}; GRANT {role} TO {base}; GRANT {role} TO {admin} WITH ADMIN OPTION; SET DEFAULT ROLE {role} FOR {base}',
      'GRANT UPDATE ON `mysql`.* TO {admin}',
    ],
  ])('needs the right to hand %s on, says so, and leaves no login by pending', async (_what, given, needed) => {
    const estate = await makeEstate(server);
    const names = {
      '{base}': `\`${estate.base}\`@\`%\``,
      '{admin}': `\`${estate.admin}\`@\`%\``,
      '{role}': `\`${estate.base}_role\``,
    };
    const named = (text: string) =>
      Object.entries(names).reduce((all, [placeholder, name]) => all.replaceAll(placeholder, name), text);
    await server.sql(named(given));
    const rotation = propose(estate);
    const error = await failure('AdminPrivilegeMissing', kind.install(rotation.context, rotation));
    expect(remedy(error)).toBe(named(needed));
    expect(await estate.logIn(rotation.value)).toBe('refused');
    await server.sql(remedy(error));
    await kind.install(rotation.context, rotation);
    await kind.verify(rotation.context, rotation.pending);
  });

  it("refuses an admin secret of another host, or of one of the users' own", async () => {
    const estate = await makeEstate(server);
    const rotation = propose(estate);
    for (const changes of [{ host: 'elsewhere.example' }, { username: estate.base }, { username: estate.clone }]) {
      const admin = withFields(await rotation.context.admin(), changes);
      await failure('TargetMismatch', kind.install({ ...rotation.context, admin: async () => admin }, rotation));
    }
  });
});
