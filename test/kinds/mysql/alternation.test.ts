import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { failure } from './failure.ts';
import { makeEstate } from './harness.ts';
import { privilegesOf } from './privileges.ts';
import { credentialIn, kind, propose, rotate } from './rotate.ts';

describe.runIf(hasMariadb)('alternating users on MariaDB', { timeout: 120_000 }, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterAll(() => server?.stop());

  /** Everything that an admin may be asked to hand on. */
  const allRights = ['ALL PRIVILEGES'];

  it('leaves privileges, roles, TLS requirements and limits the same through 10 rotations with changes between', async () => {
    const estate = await makeEstate(server, { admin: allRights, hosts: ['%', '10.%'] });
    const { base, clone, admin, database: db } = estate;
    await server.sql(`GRANT ALL PRIVILEGES ON *.* TO ${admin}@'%' WITH GRANT OPTION`);
    for (const role of ['readers', 'writers']) {
      await server.sql(`CREATE ROLE ${base}_${role}; GRANT ${base}_${role} TO ${admin}@'%' WITH ADMIN OPTION`);
    }
    await server.sql(`CREATE TABLE ${db}.ledger (id int, note text, \`odd, (na\`\`me\` int);
      CREATE TABLE ${db}.other (id int); CREATE PROCEDURE ${db}.p() SELECT 1; CREATE FUNCTION ${db}.f() RETURNS int RETURN 1;
      CREATE DATABASE ${db}_extra; GRANT SELECT ON ${db}.* TO ${base}_readers;`);
    const both = (text: string) => `${text} ${base}@'%'; ${text} ${base}@'10.%'`;
    /** What is run between two rotations: on the base; what is taken from it while the clone is in use, on both. */
    const between: (() => string)[] = [
      () => both(`GRANT SELECT ON ${db}_extra.* TO`),
      () => `GRANT PROCESS, REPLICATION CLIENT ON *.* TO ${base}@'%' WITH GRANT OPTION`,
      () => `REVOKE SELECT ON ${db}_extra.* FROM ${base}@'10.%'; REVOKE GRANT OPTION ON *.* FROM ${base}@'%'`,
      () =>
        `GRANT INSERT (id), UPDATE (note, \`odd, (na\`\`me\`), SELECT ON ${db}.ledger TO ${base}@'%' WITH GRANT OPTION; GRANT EXECUTE ON PROCEDURE ${db}.p TO ${base}@'%'`,
      () => `GRANT ${base}_readers TO ${base}@'%'; SET DEFAULT ROLE ${base}_readers FOR ${base}@'%'`,
      () =>
        `GRANT ${base}_writers TO ${base}@'%' WITH ADMIN OPTION; GRANT EXECUTE, ALTER ROUTINE ON FUNCTION ${db}.f TO ${base}@'%'; REVOKE UPDATE (note), SELECT ON ${db}.ledger FROM ${base}@'%'`,
      () =>
        `ALTER USER ${base}@'%' REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 90000 MAX_USER_CONNECTIONS 50 MAX_STATEMENT_TIME 12.5; ALTER USER ${base}@'10.%' REQUIRE SUBJECT '/CN=it''s a\\\\b' AND ISSUER '/CN=x' AND CIPHER 'AES256-SHA'`,
      () => `REVOKE ALL PRIVILEGES ON ${db}.ledger FROM ${base}@'%'; GRANT ${base}_writers TO ${base}@'10.%'`,
      () => `SET DEFAULT ROLE NONE FOR ${base}@'%'; GRANT PROXY ON ${admin}@'%' TO ${base}@'%' WITH GRANT OPTION`,
      () =>
        `REVOKE ${base}_readers FROM ${base}@'%'; REVOKE ADMIN OPTION FOR ${base}_writers FROM ${base}@'%'; REVOKE ALL PRIVILEGES ON \`${db}\`.* FROM ${base}@'10.%'; GRANT SELECT, DELETE ON \`${db}\`.* TO ${base}@'10.%'; ALTER USER ${base}@'%' WITH MAX_QUERIES_PER_HOUR 0`,
    ];
    await server.sql(`GRANT PROXY ON ${admin}@'%' TO ${admin}@'%' WITH GRANT OPTION`);

    let current = estate.current;
    for (const [round, change] of between.entries()) {
      const before = credentialIn(current, estate.target).username;
      for (const statement of change().split('; ')) {
        await server.sql(statement);
        // Whoever takes something from the base while the clone is in use takes it from the clone as well.
        if (before === clone && /^REVOKE/.test(statement)) {
          await server.sql(statement.replaceAll(`FROM ${base}@`, `FROM ${clone}@`)).catch(() => undefined);
        }
      }
      const { value, pending } = await rotate(estate, current);
      if (pending.username === clone) {
        const [ofBase, ofClone] = [await privilegesOf(server, estate, base), await privilegesOf(server, estate, clone)];
        expect(ofClone, `round ${round}`).toEqual(ofBase);
        expect(Object.keys(ofBase)).toEqual(['%', '10.%']);
      }
      const versions = { retire: credentialIn(current, estate.target), keep: pending };
      await kind.disable(estate.context(), versions);
      await kind.proveRefused(estate.context(), versions);
      expect(await estate.logIn(value)).toBe('accepted');
      current = value;
    }
  });

  it('refuses the turn of the base while the clone in use has more than it, until one of them follows', async () => {
    const estate = await makeEstate(server);
    const { base, clone, database } = estate;
    const { value } = await rotate(estate);
    await server.sql(
      `CREATE TABLE mysql.keyturn_${base} (a int); GRANT SELECT ON mysql.keyturn_${base} TO ${clone}@'%'`,
    );
    const rotation = propose(estate, value);
    const error = await failure('PrivilegeLost', kind.install(rotation.context, rotation));
    const remedy = `GRANT SELECT ON \`mysql\`.\`keyturn_${base}\` TO \`${base}\`@\`%\``;
    expect(error.message).toContain(remedy);
    expect(await estate.logIn(value)).toBe('accepted');
    expect(await estate.logIn(rotation.value)).toBe('refused');
    await server.sql(remedy);
    await kind.install(rotation.context, rotation);

    // And the other way: what was taken from the base is taken from the clone.
    const again = await rotate(estate, rotation.value);
    await server.sql(
      `REVOKE ALL PRIVILEGES ON ${database}.* FROM ${base}@'%'; GRANT SELECT ON ${database}.* TO ${base}@'%'`,
    );
    const next = propose(estate, again.value);
    await failure('PrivilegeLost', kind.install(next.context, next));
    await server.sql(
      `REVOKE ALL PRIVILEGES ON ${database}.* FROM ${clone}@'%'; GRANT SELECT ON ${database}.* TO ${clone}@'%'`,
    );
    await kind.install(next.context, next);
    await kind.verify(next.context, next.pending);
  });

  it('gives every host of the base its clone, locks what the base no longer has, and leaves other users alone', async () => {
    const estate = await makeEstate(server, { hosts: ['%', '10.0.%', 'odd-host.example'] });
    const { base, clone } = estate;
    await server.sql(`CREATE USER ${clone}x@'%' IDENTIFIED BY 'another'`);
    const first = await rotate(estate);
    expect(Object.keys(await privilegesOf(server, estate, clone))).toEqual(['%', '10.0.%', 'odd-host.example']);
    await server.sql(`DROP USER ${base}@'10.0.%'; CREATE USER ${base}@'192.168.%' IDENTIFIED BY 'x'`);
    // The clone in use still has the host that the base lost.
    const lost = propose(estate, first.value);
    await failure('PrivilegeLost', kind.install(lost.context, lost));
    await server.sql(`DROP USER ${clone}@'10.0.%'`);
    const second = await rotate(estate, first.value);
    await kind.disable(second.context, { retire: first.pending, keep: second.pending });
    await server.sql(`DROP USER ${base}@'odd-host.example'`);
    await rotate(estate, second.value);
    const locked = await server.sql(`SELECT Host, JSON_VALUE(Priv, '$.account_locked') AS locked FROM mysql.global_priv
      WHERE User = '${clone}' ORDER BY Host`);
    expect(locked).toEqual([
      { Host: '%', locked: '0' },
      { Host: '192.168.%', locked: '0' },
      { Host: 'odd-host.example', locked: '1' },
    ]);
  });

  it('takes a user that had several methods once, of which MariaDB keeps a trace', async () => {
    const estate = await makeEstate(server);
    const { password } = credentialIn(estate.current, estate.target);
    const native = `mysql_native_password USING PASSWORD('${password.reveal()}')`;
    await server.sql(`ALTER USER ${estate.base}@'%' IDENTIFIED VIA ${native} OR unix_socket`);
    const rotation = propose(estate);
    const { message } = await failure('InvalidInput', kind.install(rotation.context, rotation));
    expect(message).toContain('one of several methods');
    await server.sql(`ALTER USER ${estate.base}@'%' IDENTIFIED VIA ${native}`);
    const [account] = await server.sql(
      `SELECT CONCAT(Priv) AS priv FROM mysql.global_priv WHERE User = '${estate.base}'`,
    );
    expect(account?.['priv']).toContain('"auth_or":[{}]');
    await rotate(estate);
  });

  it('refuses hosts that are not those of the inventory', async () => {
    const estate = await makeEstate(server, { hosts: ['%', '10.%'], target: { hosts: ['%'] } });
    const rotation = propose(estate);
    const error = await failure('InvalidInput', kind.install(rotation.context, rotation));
    expect(error.message).toContain('%, 10.%');
    const pinned = await makeEstate(server, { hosts: ['%', '10.%'], target: { hosts: ['10.%', '%'] } });
    await rotate(pinned);
  });

  it('locks the user at all of its hosts', async () => {
    const estate = await makeEstate(server, { hosts: ['%', '10.%', '127.0.0.1'] });
    const { context, current, pending } = await rotate(estate);
    expect(await estate.logIn(estate.current)).toBe('accepted');
    await kind.disable(context, { retire: current, keep: pending });
    const open = await server.sql(
      `SELECT 1 FROM mysql.global_priv WHERE User = '${estate.base}' AND NOT JSON_VALUE(Priv, '$.account_locked')`,
    );
    expect(open).toEqual([]);
    await kind.enable(context, current);
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it('hands a user, a database and a host with every sort of character through', async () => {
    const user = 'a`b \'c\\d é"';
    const estate = await makeEstate(server, { user, database: 'db ` \' \\ " ü%_x', admin: ['ALL PRIVILEGES'] });
    await server.sql(`GRANT ALL PRIVILEGES ON *.* TO ${estate.admin}@'%' WITH GRANT OPTION`);
    const name = `\`${user.replaceAll('`', '``')}\`@\`%\``;
    await server.sql(`CREATE ROLE \`ro\`\`le 'x\`; GRANT \`ro\`\`le 'x\` TO ${estate.admin}@'%' WITH ADMIN OPTION`);
    await server.sql(`GRANT \`ro\`\`le 'x\` TO ${name}; SET DEFAULT ROLE \`ro\`\`le 'x\` FOR ${name}`);
    const { value, current, pending, context } = await rotate(estate);
    const [ofBase, ofClone] = [
      await privilegesOf(server, estate, estate.base),
      await privilegesOf(server, estate, estate.clone),
    ];
    expect(ofClone).toEqual(ofBase);
    expect(JSON.stringify(ofBase)).toContain("ro``le 'x");
    await kind.disable(context, { retire: current, keep: pending });
    expect(await estate.logIn(estate.current)).toBe('refused');
    await rotate(estate, value);
    expect(await estate.logIn(estate.current)).toBe('refused');
  });

  it.each(['ANSI_QUOTES,NO_BACKSLASH_ESCAPES', 'ANSI', ''])('works under the sql_mode "%s"', async (mode) => {
    const [before] = await server.sql('SELECT @@global.sql_mode AS mode');
    await server.sql(`SET GLOBAL sql_mode = '${mode}'`);
    try {
      const estate = await makeEstate(server, { admin: ['ALL PRIVILEGES'], database: `my_db ${mode.length}` });
      await server.sql(`ALTER USER ${estate.base}@'%' WITH MAX_QUERIES_PER_HOUR 90000`);
      const { value } = await rotate(estate);
      await rotate(estate, value);
      expect(await privilegesOf(server, estate, estate.clone)).toEqual(await privilegesOf(server, estate, estate.base));
    } finally {
      await server.sql(`SET GLOBAL sql_mode = '${before?.['mode']}'`);
    }
  });
});
