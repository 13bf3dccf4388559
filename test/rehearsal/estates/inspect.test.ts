import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill } from '../../../lib/rehearsal/estates/buywhere/account.ts';
import { type Login, logIn, signIn } from '../../../lib/rehearsal/estates/buywhere/client.ts';
import { currentVersions, type Version } from '../../../lib/rehearsal/estates/buywhere/credentials.ts';
import type { Buywhere } from '../../../lib/rehearsal/estates/buywhere/index.ts';
import { inspect } from '../../../lib/rehearsal/estates/buywhere/inspect.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { SecretsManager } from '../../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import { startBareEstate } from '../support/bare-estate.ts';

const secret = 'buywhere/db/app';

describe('what is looked at after a turn', () => {
  let estate: Buywhere;
  let before: Record<string, Version>;
  let versionId: string;

  /** Turns the database's secret by hand, as it should be. */
  beforeAll(async () => {
    estate = await startBareEstate();
    const { world, database, declared } = estate;
    before = currentVersions(estate, [secret]);
    const manager = world.service<SecretsManager>('secretsmanager');
    const old = JSON.parse(manager.value(secret)) as Record<string, string>;
    const login = { ...old, port: String(old['port']), username: 'app_clone', password: 'a-new-password' };
    await database.server.sql(`CREATE ROLE app_clone LOGIN PASSWORD 'a-new-password' IN ROLE app;
      ALTER ROLE app_clone SET role = 'app'; ALTER ROLE app NOLOGIN`);
    versionId = manager.putValue(secret, JSON.stringify({ ...login, port: database.port }));
    for (const { name, template } of declared.database.views) {
      await put('PutSecretValue', {
        SecretId: name,
        ClientRequestToken: versionId,
        SecretString: fill(template, login),
      });
    }
    await record('retired');
  });
  afterAll(() => estate.close());

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
    await estate.database.server.sql(
      'CREATE TABLE stray (); ALTER TABLE stray OWNER TO app_clone',
      undefined,
      'buywhere',
    );
    expect(await faults()).toEqual(['the table stray belongs to app_clone']);
    await estate.database.server.sql('DROP TABLE stray', undefined, 'buywhere');
  });

  it('is a view with another value, and one that does not log in', async () => {
    const view = 'buywhere/DATABASE_URL';
    const wrong = { ...(JSON.parse(before[secret]?.value ?? '{}') as Login) };
    const url = `postgresql://app:${encodeURIComponent(wrong.password)}@127.0.0.1:${estate.database.port}/buywhere`;
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
    const { world, database } = estate;
    expect(await logIn(database, 'buywhere', { username: 'app_clone', password: 'a-new-password' })).toBe('accepted');
    expect(await logIn(database, 'buywhere', { username: 'app_clone', password: 'wrong' })).toBe('refused');
    expect(await logIn(database, 'buywhere', { username: 'app', password: database.password })).toBe('refused');
    await expect(logIn(database, 'nowhere', { username: 'app_clone', password: 'a-new-password' })).rejects.toThrow();
    const { accessKeyId, secretAccessKey } = world.service<Iam>('iam').createAccessKey('buywhere-uploader');
    expect(await signIn(world, { accessKeyId, secretAccessKey })).toBe('accepted');
    expect(await signIn(world, { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey })).toBe('refused');
    await expect(signIn(world, { accessKeyId, secretAccessKey: 'wrong' })).rejects.toThrow();
  });
});
