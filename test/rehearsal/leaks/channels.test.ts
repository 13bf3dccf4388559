import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Estate } from '../../../lib/rehearsal/estates/estate.ts';
import { leaksOf } from '../../../lib/rehearsal/leaks/leaks-of.ts';
import { secretTexts } from '../../../lib/rehearsal/leaks/secrets.ts';
import type { EcsService } from '../../../lib/simulator/ecs/index.ts';
import type { Lambda } from '../../../lib/simulator/lambda/lambda.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { SecretsManager } from '../../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { Sns } from '../../../lib/simulator/services/sns/sns.ts';
import type { Ssm } from '../../../lib/simulator/services/ssm/ssm.ts';
import type { States } from '../../../lib/simulator/states/states.ts';
import { definitionOf, folderFor } from '../../simulator/lambda/function-folder.ts';
import { eventually, trusting } from '../../simulator/support/actors.ts';
import { startBareEstate } from '../support/bare-estate.ts';

describe('the search for secrets', () => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await startBareEstate();
  });
  afterAll(() => estate.close());

  const password = () => (JSON.parse(manager().value('shop/db/app')) as { password: string }).password;
  const root = () => estate.world.identities.rootPrincipal;
  const manager = () => estate.world.service<SecretsManager>('secretsmanager');
  const put = (service: string, operation: string, input: object) =>
    estate.world.perform(root(), service, operation, input);

  it('finds nothing where nothing is', async () => {
    expect(await leaksOf(estate, 'terminal')).toEqual([]);
  });

  it('knows every secret text that any version ever held', () => {
    const before = secretTexts(manager(), estate).map(({ name }) => name);
    expect(before).toEqual([
      'password of shop/db/app',
      'secretAccessKey of shop/aws/uploader',
      "the admin's credential in shop/db/admin",
    ]);
    const value = JSON.parse(manager().value('shop/db/app')) as object;
    manager().putValue('shop/db/app', JSON.stringify({ ...value, password: 'the second password' }));
    manager().putValue('shop/db/app', JSON.stringify(value));
    expect(secretTexts(manager(), estate).map(({ text }) => text)).toContain('the second password');
  });

  const channels: [channel: string, plant: (secret: string) => Promise<unknown>][] = [
    ['parameters', async (secret) => estate.world.service<Ssm>('ssm').put('/keyturn/secrets/x', secret)],
    [
      'notifications',
      async (secret) => {
        const TopicArn = estate.world.service<Sns>('sns').createTopic('keyturn');
        await put('sns', 'Publish', { TopicArn, Message: `failed: ${secret}` });
      },
    ],
    [
      "secrets' names and tags",
      (secret) =>
        put('secretsmanager', 'TagResource', {
          SecretId: 'shop/db/app',
          Tags: [{ Key: 'keyturn:intent', Value: secret }],
        }),
    ],
    [
      'evidence',
      (secret) =>
        put('s3', 'PutObject', { Bucket: 'evidence', Key: 'x.json', Body: Buffer.from(JSON.stringify({ secret })) }),
    ],
    [
      'the log of postgres targets',
      async (secret) => {
        const value = manager().value('shop/db/app');
        const { host, port } = JSON.parse(value) as { host: string; port: number };
        const { username: user, password } = estate.admins.login('shop/db/admin');
        const ssl = { rejectUnauthorized: false };
        const client = new pg.Client({ host, port, database: 'shop', user, password, ssl });
        await client.connect();
        await client.query(`SELECT '${secret.replaceAll("'", "''")}'`);
        await client.end();
      },
    ],
    [
      'executions and their histories',
      async (secret) => {
        const states = estate.world.service<States>('states');
        const definition = JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } });
        const { arn } = states.create({ name: 'machine', roleArn: 'none', definition });
        await put('states', 'StartExecution', { stateMachineArn: arn, input: JSON.stringify({ secret }) });
      },
    ],
    [
      "functions' logs",
      async (secret) => {
        const role = { roleName: 'talkative', trustPolicy: trusting('lambda.amazonaws.com') };
        const { arn: roleArn } = await estate.world.service<Iam>('iam').createRole(role);
        const codeFolder = await folderFor('export const handler = (event) => console.log(event.secret);');
        const lambda = estate.world.service<Lambda>('lambda');
        lambda.create(definitionOf('talkative', { roleArn, codeFolder }));
        await put('lambda', 'Invoke', { FunctionName: 'talkative', Payload: JSON.stringify({ secret }) });
        await eventually(() => expect(lambda.logs('talkative')).not.toBe(''));
      },
    ],
    [
      "functions' configuration",
      async (secret) =>
        estate.world
          .service<Lambda>('lambda')
          .create(definitionOf('configured', { roleArn: 'none', environment: { PASSWORD: secret } })),
    ],
    [
      "the services' logs",
      async (secret) => {
        const ecs = estate.world.service<EcsService>('ecs');
        await ecs.createService({
          serviceName: 'talkative',
          command: ['/bin/sh', '-c', 'echo "$WORD"; sleep 60'],
          environment: { WORD: secret },
        });
        await eventually(() => expect(ecs.logs('talkative')).not.toBe(''));
      },
    ],
    [
      'the cloud assembly',
      (secret) => writeFile(join(estate.assembly, 'Keyturn.template.json'), JSON.stringify({ secret })),
    ],
  ];

  it.each(channels)('finds one in %s', async (channel, plant) => {
    await plant(password());
    const leaks = await leaksOf(estate, '');
    expect(leaks.map((leak) => leak.channel)).toContain(channel);
    expect(leaks.map((leak) => leak.secret)).toContain('password of shop/db/app');
  });

  it('finds one in the events of the bus', async () => {
    const event = {
      source: 'x',
      'detail-type': 'y',
      resources: [],
      detail: { password: password() },
      atMs: 1,
    };
    const leaks = await leaksOf({ ...estate, events: [event] }, '');
    expect(leaks.map(({ channel }) => channel)).toContain('events');
  });

  it('finds one on the terminal', async () => {
    const leaks = await leaksOf(estate, `Error: cannot connect to ${encodeURIComponent(password())}`);
    expect(leaks.map(({ channel }) => channel)).toContain('this terminal');
  });
});
