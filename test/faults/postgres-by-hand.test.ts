import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EstateOptions, makeEstate, type PostgresEstate } from '../kinds/postgres/harness.ts';
import { kind, withFields } from '../kinds/postgres/rotate.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { openDoor } from '../support/tcp-door.ts';
import { bothWork, furnish, type Turns, turned, untouched } from './turns.ts';

// What people do at the target and to the secret while Keyturn is at work.

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function begin(options: EstateOptions = {}): Promise<{ turns: Turns<unknown>; estate: PostgresEstate }> {
  const estate = await makeEstate(server, options);
  const turns = await furnish(kind, estate, { log: () => server.log() });
  closing.push(() => turns.house.close());
  return { estate, turns: turns as Turns<unknown> };
}
const dba = async (statement: string) => void (await server.sql(statement));

describe('the admin loses', () => {
  it('the ADMIN OPTION, before setSecret: it fails before it changes anything, with the GRANT that mends it', async () => {
    const { turns, estate } = await begin();
    turns.before('setSecret', () => dba(`REVOKE ADMIN OPTION FOR ${estate.base} FROM ${estate.admin}`));
    const failure = await turns.rotationFails();
    const grant = `GRANT "${estate.base}" TO "${estate.admin}" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`;
    expect(failure).toMatchObject({ step: 'setSecret', code: 'AdminPrivilegeMissing' });
    expect(failure.message).toContain(grant);
    expect(await server.sql('SELECT 1 FROM pg_roles WHERE rolname = $1', [estate.clone])).toEqual([]);
    expect(await turns.standing()).toEqual(untouched);
    await dba(grant);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
  });

  it.each([
    ['CREATEROLE', 'ALTER ROLE ADMIN NOCREATEROLE', 'ALTER ROLE "ADMIN" CREATEROLE'],
    ['pg_signal_backend', 'REVOKE pg_signal_backend FROM ADMIN', 'GRANT pg_signal_backend TO "ADMIN"'],
  ])('%s, before Disable: the rollout holds with both logins working', async (_, loss, remedy) => {
    const { turns, estate } = await begin();
    turns.before('disable', () => dba(loss.replace('ADMIN', estate.admin)));
    const failure = await turns.rolloutFails();
    expect(failure).toMatchObject({ code: 'AdminPrivilegeMissing' });
    expect(failure.message).toContain(remedy.replace('ADMIN', estate.admin));
    expect(await turns.standing()).toEqual(bothWork);
    await dba(remedy.replace('ADMIN', estate.admin));
    expect(await turns.resumed(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });
});

describe('a role is renamed', () => {
  const rename = (from: string, to: string) => dba(`ALTER ROLE ${from} RENAME TO ${to}`);

  it('the base, before setSecret: nothing is made under its name', async () => {
    const { turns, estate } = await begin();
    const moved = `${estate.base}_moved`;
    turns.before('setSecret', () => rename(estate.base, moved));
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({
      step: 'setSecret',
      code: 'InvalidInput',
      message: `there is no role "${estate.base}" at the target: correct target.user`,
    });
    expect(await server.sql('SELECT 1 FROM pg_roles WHERE rolname = $1', [estate.clone])).toEqual([]);
    await rename(moved, estate.base);
    expect(await turns.standing()).toEqual(untouched);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
  });

  it('the base, before Disable: the rollout holds, because the clone acts as nobody any more', async () => {
    const { turns, estate } = await begin();
    const moved = `${estate.base}_moved`;
    turns.before('disable', () => rename(estate.base, moved));
    const failure = await turns.rolloutFails();
    expect(failure).toMatchObject({ code: 'NotProven' });
    expect(failure.message).toContain(`is it still a member of "${estate.base}", and is that role still there?`);
    await rename(moved, estate.base);
    expect(await turns.standing()).toEqual(bothWork);
    expect(await turns.resumed(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it('the clone, before testSecret: nothing is promoted, and the reattempt makes another', async () => {
    const { turns, estate } = await begin();
    turns.before('testSecret', () => rename(estate.clone, `${estate.clone}_moved`));
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'testSecret', code: 'AuthenticationRefused' });
    expect(await turns.standing()).toEqual(untouched);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });
});

describe('a role is dropped', () => {
  it('the clone, before testSecret: nothing is promoted, and the reattempt makes it again', async () => {
    const { turns, estate } = await begin();
    turns.before('testSecret', () => dba(`DROP ROLE ${estate.clone}`));
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'testSecret', code: 'AuthenticationRefused' });
    expect(await turns.standing()).toEqual(untouched);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it('the retiring clone, before Disable: it is as dead as can be, and that is proven', async () => {
    const { turns, estate } = await begin();
    expect((await turns.house.turn()).status).toBe('SUCCEEDED');
    turns.before('disable', () => dba(`DROP ROLE ${estate.clone}`));
    expect((await turns.house.turn()).status).toBe('SUCCEEDED');
    const current = await turns.house.store.read(turns.house.secretArn, { label: 'AWSCURRENT' });
    expect(current.parse(JSON.parse).username).toBe(estate.base);
    expect(await estate.logIn(current)).toBe('accepted');
    expect(turns.house.records.at(-1)).toMatchObject({ result: 'retired', refusals: [{ error: 'SQLSTATE 28P01' }] });
  });
});

describe('the secret is edited by hand', () => {
  it('to another host: the admin secret does not go there', async () => {
    const elsewhere = await openDoor(server);
    closing.push(elsewhere.close);
    let connections = 0;
    elsewhere.onConnection = (count) => {
      connections = count;
    };
    const { turns, estate } = await begin();
    const edited = withFields(estate.current, { port: elsewhere.port });
    await turns.house.store.put(turns.house.secretArn, crypto.randomUUID(), edited, 'AWSCURRENT');
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({
      step: 'createSecret',
      code: 'TargetMismatch',
      message: `the secret says port ${elsewhere.port}, the inventory says ${server.port}: correct the one that is wrong`,
    });
    expect(connections).toBe(0);
    expect(await turns.standing()).toMatchObject({ currentLogin: 'accepted', before: 'accepted' });
  });

  it('to another host, during the soak: the rollout holds with both logins working', async () => {
    const { turns, estate } = await begin();
    turns.before('last-use', async () => {
      const current = await turns.house.store.read(turns.house.secretArn, { label: 'AWSCURRENT' });
      const edited = withFields(current, { host: 'elsewhere.example' });
      await turns.house.store.put(turns.house.secretArn, crypto.randomUUID(), edited, 'AWSCURRENT');
    });
    const failure = await turns.rolloutFails();
    expect(failure).toMatchObject({ code: 'CurrentMoved', message: expect.stringContaining('nothing was revoked') });
    expect(await turns.standing()).toEqual(bothWork);
    expect(turns.house.records.map(({ result }) => result)).toEqual(['held']);
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });

  it('the admin secret to another host: it is not used', async () => {
    const { turns, estate } = await begin();
    const admin = withFields(await estate.context().admin(), { host: 'elsewhere.example' });
    await turns.house.store.put('db/admin', crypto.randomUUID(), admin, 'AWSCURRENT');
    expect(await turns.rotationFails()).toMatchObject({
      step: 'setSecret',
      code: 'TargetMismatch',
      message: expect.stringContaining('the admin secret db/admin says host "elsewhere.example"'),
    });
    expect(await turns.standing()).toEqual(untouched);
  });

  it('into something that is no secret of this kind: it is refused without being quoted', async () => {
    const { turns, estate } = await begin();
    const broken = estate.current.map((text) => text.slice(0, -1));
    await turns.house.store.put(turns.house.secretArn, crypto.randomUUID(), broken, 'AWSCURRENT');
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'createSecret', code: 'SecretMalformed' });
    expect(failure.message).not.toContain('password-');
    expect(await estate.logIn(estate.current)).toBe('accepted');
  });
});
