import { RegisterTaskDefinitionCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import {
  CreateSecretCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseValueFrom } from '../../../lib/simulator/ecs/injection.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import { clientConfig, policy, trusting } from '../support/actors.ts';
import { app, type Estate, present, quickChecks, startEstate } from './support/estate.ts';

vi.setConfig({ testTimeout: 40_000 });

let estate: Estate;
let secrets: SecretsManagerClient;
let roleArn: string;
beforeAll(async () => {
  estate = await startEstate();
  secrets = new SecretsManagerClient(clientConfig(estate.world));
  ({ arn: roleArn } = await estate.world.service<Iam>('iam').createRole({
    roleName: 'execution',
    trustPolicy: trusting('ecs-tasks.amazonaws.com'),
    policies: {
      inline: policy({
        Action: 'secretsmanager:GetSecretValue',
        Resource: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:open/*',
      }),
    },
  }));
});
afterAll(() => estate.world.close());

const targetGroup = { ...quickChecks, deregistrationDelayMs: 10 };

async function createSecret(name: string, value: string): Promise<string> {
  const { ARN } = await secrets.send(new CreateSecretCommand({ Name: name, SecretString: value }));
  return present(ARN);
}

async function asked(url: string): Promise<{ secret: string; pid: number }> {
  const answer = await fetch(url);
  return (await answer.json()) as { secret: string; pid: number };
}

describe('valueFrom (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html)', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-AbCdEf';
  it.each([
    [arn, {}],
    [`${arn}:password::`, { jsonKey: 'password' }],
    [`${arn}::AWSPREVIOUS:`, { versionStage: 'AWSPREVIOUS' }],
    [`${arn}:::9d4cb84b-ad69-40c0-a0ab-cead3EXAMPLE`, { versionId: '9d4cb84b-ad69-40c0-a0ab-cead3EXAMPLE' }],
    [`${arn}:user:AWSPENDING:`, { jsonKey: 'user', versionStage: 'AWSPENDING' }],
  ])('takes %s', (valueFrom, selectors) => {
    const nothing = { jsonKey: undefined, versionStage: undefined, versionId: undefined };
    expect(parseValueFrom(valueFrom)).toEqual({ secretId: arn, ...nothing, ...selectors });
  });

  it.each([`${arn}:password`, `${arn}:password:AWSCURRENT`, `${arn}:a:b:c:d`, 'app/db'])('refuses %s', (valueFrom) => {
    expect(() => parseValueFrom(valueFrom)).toThrow('an invalid ARN format for the AWS Secrets Manager secret');
  });
});

describe('a secret in a task', () => {
  it('is read when the task starts and not again: only a new deployment brings the new version', async () => {
    const { ecs, setUp, update } = estate;
    const arn = await createSecret('open/db', 'first');
    const setup = { serviceName: 'reader', executionRoleArn: roleArn, secrets: { SECRET: arn }, targetGroup };
    const url = present((await setUp(setup)).balancer).url;
    await ecs.steady('reader', 20_000);
    const before = await asked(url);
    expect(before.secret).toBe('first');
    await secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString: 'second' }));
    expect(await asked(url)).toEqual(before);
    await update({ service: 'reader', forceNewDeployment: true });
    await ecs.steady('reader', 20_000);
    expect((await asked(url)).secret).toBe('second');
  });

  it('is read after createdAt and before startedAt, so that a task which was created before a promotion and started after it may have either', async () => {
    const { ecs, setUp } = estate;
    const arn = await createSecret('open/late', 'value');
    await setUp({ serviceName: 'timely', executionRoleArn: roleArn, secrets: { SECRET: arn }, targetGroup });
    await ecs.steady('timely', 20_000);
    const task = present((await estate.tasks('timely'))[0]);
    const read = present(
      estate.world.calls.find((call) => call.operation === 'GetSecretValue' && call.resource === arn),
    );
    expect(read.principal).toMatch(/^arn:aws:sts::123456789012:assumed-role\/execution\//);
    expect(Number(task.createdAt)).toBeLessThan(read.atMs);
    expect(Number(task.startedAt)).toBeGreaterThanOrEqual(read.atMs);
  });

  it('can be one key of its JSON, and a version by its label', async () => {
    const { ecs, setUp } = estate;
    const arn = await createSecret('open/json', '{"username":"old","port":5432}');
    await secrets.send(
      new PutSecretValueCommand({
        SecretId: arn,
        SecretString: '{"username":"new","port":5433}',
        VersionStages: ['AWSPENDING'],
      }),
    );
    const read = async (serviceName: string, valueFrom: string) => {
      const { balancer } = await setUp({
        serviceName,
        executionRoleArn: roleArn,
        secrets: { SECRET: valueFrom },
        targetGroup,
      });
      await ecs.steady(serviceName, 20_000);
      return (await asked(present(balancer).url)).secret;
    };
    expect(await read('by-key', `${arn}:username::`)).toBe('old');
    expect(await read('by-number', `${arn}:port::`)).toBe('5432');
    expect(await read('by-label', `${arn}:username:AWSPENDING:`)).toBe('new');
  });

  it('gives the tasks of a circuit breaker’s rollback the current version, not the one from before', async () => {
    const { ecs, setUp, update } = estate;
    const arn = await createSecret('open/rolled', 'first');
    const { balancer } = await setUp({
      serviceName: 'rolled',
      executionRoleArn: roleArn,
      secrets: { SECRET: arn },
      targetGroup,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await ecs.steady('rolled', 20_000);
    await secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString: 'second' }));
    let started = 0;
    ecs.onTaskStart('rolled', () => (started++ < 3 ? { environment: { EXIT_WITH: '1' } } : undefined));
    const { currentServiceDeployment } = await update({ service: 'rolled', forceNewDeployment: true });
    await ecs.steady('rolled', 20_000);
    expect((await estate.serviceDeployment(currentServiceDeployment)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect((await asked(present(balancer).url)).secret).toBe('second');
  });

  it('follows AWSCURRENT when the label goes back', async () => {
    const { ecs, setUp, update } = estate;
    const arn = await createSecret('open/back', 'first');
    const { VersionId: second } = await secrets.send(
      new PutSecretValueCommand({ SecretId: arn, SecretString: 'second' }),
    );
    const setup = { serviceName: 'back', executionRoleArn: roleArn, secrets: { SECRET: arn }, targetGroup };
    const url = present((await setUp(setup)).balancer).url;
    await ecs.steady('back', 20_000);
    expect((await asked(url)).secret).toBe('second');
    const { Versions = [] } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId: arn }));
    const first = Versions.find((version) => version.VersionStages?.includes('AWSPREVIOUS'))?.VersionId;
    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: arn,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: first,
        RemoveFromVersionId: second,
      }),
    );
    await update({ service: 'back', forceNewDeployment: true });
    await ecs.steady('back', 20_000);
    expect((await asked(url)).secret).toBe('first');
  });
});

describe('a secret that cannot be read (https://repost.aws/knowledge-center/ecs-unable-to-pull-secrets)', () => {
  async function stoppedReason(serviceName: string, secret: string, executionRoleArn = roleArn): Promise<string> {
    const { setUp, until } = estate;
    await setUp({ serviceName, executionRoleArn, secrets: { SECRET: secret } });
    const failed = await until('a task has failed', async () =>
      (await estate.tasks(serviceName)).find((task) => task.lastStatus === 'STOPPED'),
    );
    expect(failed).toMatchObject({ stopCode: 'TaskFailedToStart', desiredStatus: 'STOPPED' });
    expect(failed.startedAt).toBeUndefined();
    await estate.update({ service: serviceName, desiredCount: 0 });
    return present(failed.stoppedReason);
  }

  it('because the execution role may not, stops the task with ResourceInitializationError', async () => {
    const arn = await createSecret('closed/db', 'unreadable-value');
    const reason = await stoppedReason('denied', arn);
    expect(reason).toMatch(
      /^ResourceInitializationError: unable to pull secrets or registry auth: .*failed to fetch secret arn:aws:secretsmanager:us-east-1:123456789012:secret:closed\/db-\w{6} from secrets manager: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role\/execution\/\w+ is not authorized to perform: secretsmanager:GetSecretValue/,
    );
    expect(estate.world.calls.some((call) => call.operation === 'GetSecretValue' && call.denied)).toBe(true);
  });

  it('because a key is missing, says which and never the value', async () => {
    const arn = await createSecret('open/keys', '{"username":"hidden-value"}');
    const reason = await stoppedReason('keyless', `${arn}:password::`);
    expect(reason).toContain('did not contain json key password');
    expect(reason).not.toContain('hidden-value');
    const plain = await createSecret('open/plain', 'hidden-value');
    const other = await stoppedReason('plain', `${plain}:password::`);
    expect(other).toContain('not valid JSON');
    expect(other).not.toContain('hidden-value');
  });

  it('because ECS may not assume the role, says so', async () => {
    const { arn: wrongRole } = await estate.world
      .service<Iam>('iam')
      .createRole({ roleName: 'distrustful', trustPolicy: trusting('lambda.amazonaws.com'), policies: {} });
    const arn = await createSecret('open/role', 'value');
    expect(await stoppedReason('roleless', arn, wrongRole)).toContain(
      `ECS was unable to assume the role '${wrongRole}'`,
    );
  });

  it('because the secret is not there, counts for the circuit breaker', async () => {
    const { ecs, client, setUp, update, until, primary } = estate;
    await setUp({
      serviceName: 'gone',
      executionRoleArn: roleArn,
      targetGroup,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
    });
    await ecs.steady('gone', 20_000);
    await client.send(
      new RegisterTaskDefinitionCommand({
        family: 'gone',
        executionRoleArn: roleArn,
        containerDefinitions: [
          {
            name: 'gone',
            command: app,
            secrets: [
              { name: 'SECRET', valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:open/none-AbCdEf' },
            ],
          },
        ],
      }),
    );
    await update({ service: 'gone', taskDefinition: 'gone' });
    await until('the deployment has failed', async () => (await primary('gone')).rolloutState === 'FAILED');
    expect((await primary('gone')).failedTasks).toBe(3);
    const { tasks: [alone] = [] } = await client.send(new RunTaskCommand({ taskDefinition: 'gone' }));
    expect(alone?.lastStatus).toBe('PROVISIONING');
  });
});
