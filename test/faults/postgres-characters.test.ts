import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EstateOptions, makeEstate } from '../kinds/postgres/harness.ts';
import { kind } from '../kinds/postgres/rotate.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { furnish, type Turns, turned } from './turns.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

let turns: Turns<unknown> | undefined;
afterEach(() => turns?.house.close());

/** PostgreSQL allows all but NUL in a name and in a password. A base role's name has 57 bytes at most. */
const ascii = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1));
const characters: [string, string][] = [
  ['controls and spaces', ascii.slice(0, 32).join('')],
  ['punctuation, digits and capitals', ascii.slice(32, 80).join('')],
  ['brackets, small letters and DEL', ascii.slice(80).join('')],
  ['letters of other alphabets', 'ÀéñßøŁжΩשע中文한국ไทย'],
  ['characters beyond 16 bits', '😀🔑🚪'],
  ['letters that are two characters', 'e\u0301a\u0308\u0323'],
  ['a space at either end, a dot and a slash', ' .a/../b. '],
  ['what looks like a statement', `"; DROP ROLE postgres; --$$'{}`],
  ['what looks like a placeholder of views', '{password:url}{username}'],
  ['what looks like a parameter', '$1 %s ?'],
];

async function turnTwice(options: EstateOptions): Promise<void> {
  const estate = await makeEstate(server, options);
  turns = (await furnish(kind, estate, { log: () => server.log() })) as Turns<unknown>;
  const { house } = turns;
  expect((await house.turn()).status).toBe('SUCCEEDED');
  expect(await turns.standing()).toEqual(turned);
  const clones = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
  expect((await house.turn()).status).toBe('SUCCEEDED');
  const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
  expect(current.parse(JSON.parse).username).toBe(estate.base);
  expect([await estate.logIn(current), await estate.logIn(clones)]).toEqual(['accepted', 'refused']);
}

describe('a role and a database go round twice, named with', { timeout: 30_000 }, () => {
  it.each(characters)('%s', async (_, name) => {
    await turnTwice({ user: `u${name}`, database: `d${name}` });
  });

  it('as many bytes as there is room for', async () => {
    await turnTwice({ user: 'é'.repeat(28), database: 'x'.repeat(63) });
  });
});

describe('a secret goes round twice whose first password, and the admin’s, have', { timeout: 30_000 }, () => {
  // A space that is none, an invisible letter, a ligature: SASLprep changes them, and client and server must agree on how.
  it.each([...characters, ['what SASLprep changes', 'a\u00A0b\u00ADcﬁ™Å𝒳']])('%s', async (_, password) => {
    await turnTwice({ password });
  });

  it('a thousand characters', async () => {
    await turnTwice({ password: 'longer than it is wise '.repeat(44) });
  });
});

it('an admin password that SASLprep both prohibits and would change cannot log in, and nothing is changed', async () => {
  // The server then takes it as it is, libpq too; the driver changes it all the same (node-postgres, lib/crypto/sasl.js).
  const estate = await makeEstate(server, { password: '🔑ﬁ' });
  turns = (await furnish(kind, estate, { log: () => server.log() })) as Turns<unknown>;
  const failure = await turns.rotationFails();
  expect(failure).toMatchObject({
    step: 'setSecret',
    code: 'AuthenticationRefused',
    message: /the admin "rotator\d+"/,
  });
});

it('the way back installs a password again that PostgreSQL allows and a URL does not', async () => {
  const estate = await makeEstate(server, { password: `p@ss:w/rd?#[%"'\\ é` });
  turns = (await furnish(kind, estate, { log: () => server.log() })) as Turns<unknown>;
  const [api] = turns.house.consumers.values();
  if (api) {
    api.progressOf = () =>
      api.refreshes === 1
        ? { state: 'failed', reason: 'crash loop' }
        : { state: 'converged', detail: 'on the old one' };
  }
  // Somebody gave the old login another password meanwhile.
  turns.before('verify-predecessor', () => server.sql(`ALTER ROLE ${estate.base} PASSWORD 'x'`).then(() => undefined));
  expect(await turns.rolloutFails()).toMatchObject({ code: 'ConsumerFailed' });
  expect(await turns.standing()).toEqual({ current: 'as before', currentLogin: 'accepted', before: 'accepted' });
});
