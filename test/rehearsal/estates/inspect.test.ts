import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { templateOf } from '../../../lib/inventory/views.ts';
import { ask, currentVersions, type Version } from '../../../lib/rehearsal/estates/credentials.ts';
import type { Estate } from '../../../lib/rehearsal/estates/estate.ts';
import { fill } from '../../../lib/rehearsal/estates/fill.ts';
import { inspect } from '../../../lib/rehearsal/estates/inspect.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { SecretsManager } from '../../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import { startBareEstate } from '../support/bare-estate.ts';

const secret = 'shop/db/app';

describe('what is looked at after a turn', () => {
  let estate: Estate;
  let before: Record<string, Version>;
  let versionId: string;

  /** Turns the database's secret by hand, as it should be. */
  beforeAll(async () => {
    estate = await startBareEstate();
    before = currentVersions(estate, [secret]);
    const old = JSON.parse(manager().value(secret)) as Record<string, string>;
    await sql(
      estate.admins.login('shop/db/admin'),
      `CREATE ROLE app_clone LOGIN PASSWORD '${clone.password}'; GRANT app TO app_clone;
       ALTER ROLE app_clone SET role = 'app'; ALTER ROLE app NOLOGIN`,
    );
    const value = JSON.stringify({ ...old, ...clone });
    versionId = manager().putValue(secret, value);
    for (const [name, view] of Object.entries(estate.inventory.secrets[secret]?.views ?? {})) {
      const SecretString = fill(templateOf(view), value);
      await put('PutSecretValue', { SecretId: name, ClientRequestToken: versionId, SecretString });
    }
    await record('retired');
  });
  afterAll(() => estate.close());

  const clone = { username: 'app_clone', password: 'a-new-password' };
  const manager = () => estate.world.service<SecretsManager>('secretsmanager');
  const first = () => JSON.parse(before[secret]?.value ?? '{}') as { port: number; password: string };

  async function sql({ username: user, password }: typeof clone, text: string): Promise<void> {
    const ssl = { rejectUnauthorized: false };
    const client = new pg.Client({ host: '127.0.0.1', port: first().port, database: 'shop', user, password, ssl });
    await client.connect();
    await client.query(text);
    await client.end();
  }

  const put = (operation: string, input: object) =>
    estate.world.perform(estate.world.identities.rootPrincipal, 'secretsmanager', operation, input);
  const record = (result: string) =>
    estate.world.perform(estate.world.identities.rootPrincipal, 's3', 'PutObject', {
      Bucket: 'evidence',
      Key: `rollouts/${secret}/${versionId}/1-${result}.json`,
      Body: Buffer.from(JSON.stringify({ result })),
    });
  const turn = (result: 'retired' | 'rolled-back') => ({
    secret,
    secretArn: '',
    phase: '',
    stateTransitions: 0,
    versionId,
    result,
  });
  const faults = (result: 'retired' | 'rolled-back' = 'retired') => inspect(estate, [turn(result)], before);

  it('is nothing to complain of when all is as it should be', async () => {
    expect(await faults()).toEqual([]);
  });

  it('is where AWSCURRENT should be, by the result', async () => {
    expect(await faults('rolled-back')).toContainEqual(expect.stringContaining(`AWSCURRENT is on ${versionId}`));
  });

  it('are labels and tags that were left behind', async () => {
    const old = before[secret]?.versionId;
    const move = (VersionStage: string, change: object) =>
      put('UpdateSecretVersionStage', { SecretId: secret, VersionStage, ...change });
    for (const label of ['KEYTURN_RETIRING', 'AWSPENDING']) await move(label, { MoveToVersionId: old });
    await put('TagResource', { SecretId: secret, Tags: [{ Key: 'keyturn:intent', Value: 'x' }] });
    expect(await faults()).toEqual([
      `${secret}: KEYTURN_RETIRING was left behind`,
      `${secret}: AWSPENDING was left on ${old}`,
      `${secret}: the tag keyturn:intent was left behind`,
    ]);
    for (const label of ['KEYTURN_RETIRING', 'AWSPENDING']) await move(label, { RemoveFromVersionId: old });
    await put('UntagResource', { SecretId: secret, TagKeys: ['keyturn:intent'] });
  });

  it('is a table that belongs to the login instead of the base role', async () => {
    await sql(clone, 'SET ROLE NONE; CREATE TABLE stray ()');
    expect(await faults()).toEqual([`${secret}: the table stray belongs to app_clone`]);
    await sql(clone, 'SET ROLE NONE; DROP TABLE stray');
  });

  it('is a session of the login that had to go', async () => {
    expect(await faults('rolled-back')).toEqual(expect.not.arrayContaining([expect.stringContaining('a session of')]));
    const ssl = { rejectUnauthorized: false };
    const { username: user, password } = clone;
    const session = new pg.Client({ host: '127.0.0.1', port: first().port, database: 'shop', user, password, ssl });
    await session.connect();
    expect(await faults('rolled-back')).toContain(`${secret}: a session of app_clone is left`);
    await session.end();
  });

  it('is a view with another value, and one that does not log in', async () => {
    const view = 'shop/DATABASE_URL';
    const url = `postgresql://app:${encodeURIComponent(first().password)}@127.0.0.1:${first().port}/shop`;
    await put('PutSecretValue', { SecretId: view, SecretString: url, ClientRequestToken: 'x'.repeat(32) });
    expect(await faults()).toEqual([
      `the view ${view} is not on version ${versionId}`,
      `the view ${view} does not say what its secret says`,
      `${view} does not log in`,
    ]);
  });

  it('is a second record of the same rollout, and one with another result', async () => {
    const seen = async () => (await faults()).filter((fault) => fault.includes('record'));
    await record('rolled-back');
    expect(await seen()).toEqual([`${secret}: 2 records of its rollout`]);
  });

  it('is what the targets themselves say to a credential', async () => {
    const login = (changes: object) => JSON.stringify({ ...first(), ...changes });
    expect(await ask(estate, secret, login(clone))).toBe('accepted');
    expect(await ask(estate, secret, login({ ...clone, password: 'wrong' }))).toBe('refused');
    expect(await ask(estate, secret, login({}))).toBe('refused');
    const { accessKeyId, secretAccessKey } = estate.world.service<Iam>('iam').createAccessKey('shop-uploader');
    const key = (changes: object) => JSON.stringify({ accessKeyId, secretAccessKey, ...changes });
    expect(await ask(estate, 'shop/aws/uploader', key({}))).toBe('accepted');
    expect(await ask(estate, 'shop/aws/uploader', key({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }))).toBe('refused');
    await expect(ask(estate, 'shop/aws/uploader', key({ secretAccessKey: 'wrong' }))).rejects.toThrow();
  });
});
