import { afterAll, beforeAll, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { scramVerifier } from '../../../lib/kinds/postgres/scram.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server?.stop());

it.each([
  ['ours', 'aB3'.repeat(10)],
  ["AWS's", 'x!#$%&()*+,-./:;<=>?[]^_`{|}~'],
  ['a quote and a backslash', `it's \\ "quoted"`],
  ['a space that is none, and an invisible letter', 'a\u00A0b\u00ADc'],
  ['a compatibility letter', 'ﬁve Å'],
])('the verifier is the one that the server itself makes: %s', async (_what, password) => {
  await server.sql('DROP ROLE IF EXISTS probe');
  await server.sql(`CREATE ROLE probe PASSWORD '${password.replaceAll("'", "''")}'`);
  const stored = String(
    (await server.sql(`SELECT rolpassword FROM pg_authid WHERE rolname = 'probe'`))[0]?.['rolpassword'],
  );
  const salt = Buffer.from(stored.split(/[$:]/)[2] ?? '', 'base64');
  expect(salt).toHaveLength(16);
  expect(scramVerifier('probe', SecretValue.of(password), salt).reveal()).toBe(stored);
});

it('is the same for the same login, has another salt for each other one, and does not print', () => {
  const [password, another] = [SecretValue.of('canary'), SecretValue.of('canary 2')];
  const one = scramVerifier('app', password);
  expect(scramVerifier('app', password).equals(one)).toBe(true);
  const saltOf = (verifier: SecretValue) => verifier.reveal().split(/[$:]/)[2];
  const others = [scramVerifier('app_clone', password), scramVerifier('app', another)];
  expect(new Set([one, ...others].map(saltOf)).size).toBe(3);
  expect(`${one} ${JSON.stringify(one)}`).toBe('[redacted] "[redacted]"');
});
