import {
  CancelRotateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock, type SimulatorClock } from '../../lib/simulator/clock.ts';
import { Iam } from '../../lib/simulator/services/iam/iam.ts';
import type { RotatorOptions } from '../../lib/simulator/services/secrets-manager/rotator.ts';
import { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import { createWorld, type SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig, eventually, roleSession } from './support/actors.ts';
import { fakeClock } from './support/fake-clock.ts';
import { FUNCTION_ARN, lettingSecretsManagerIn, type RotationEvent, StubLambda } from './support/stub-lambda.ts';

const TOKEN = 'bbbbbbbb-0000-4000-8000-000000000002';
const OTHER = 'cccccccc-0000-4000-8000-000000000003';
const FOUR_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

let world: SimulatedWorld;
let client: SecretsManagerClient;
let secrets: SecretsManager;
let lambda: StubLambda;
/** What the function does; a test replaces it. */
let handler: (event: RotationEvent) => Promise<void> | void;
let secretArn: string;
let firstVersion: string;

beforeEach(() => start({ rotationRetryMs: 5, rotationAttempts: 3 }));
afterEach(() => world.close());

async function start(options: RotatorOptions, clock: SimulatorClock = realClock): Promise<void> {
  world = createWorld({ clock });
  handler = wellBehaved;
  lambda = new StubLambda((event) => handler(event));
  lambda.resourcePolicy = lettingSecretsManagerIn({ StringEquals: { 'aws:SourceAccount': '123456789012' } });
  secrets = new SecretsManager(world, options);
  for (const service of [new Iam(world), lambda, secrets]) world.register(service);
  await world.listen();
  client = new SecretsManagerClient(clientConfig(world));
  secretArn = secrets.create({ name: 'app/db', secretString: 'one' });
  firstVersion = Object.keys(secrets.labels('app/db'))[0] ?? '';
}

async function restart(...options: Parameters<typeof start>): Promise<void> {
  await world.close();
  await start(...options);
}

const rotate = (input: Partial<RotateSecretCommandInput> = {}) =>
  client.send(
    new RotateSecretCommand({
      SecretId: 'app/db',
      RotationLambdaARN: FUNCTION_ARN,
      ClientRequestToken: TOKEN,
      ...input,
    }),
  );
const steps = () => lambda.events.map(({ Step }) => Step);
const history = () => secrets.rotations.map(({ event }) => event);
const until = (event: string) => eventually(() => expect(history()).toContain(event));
const blocked = {
  name: 'InvalidRequestException',
  message: "A previous rotation isn't complete. That rotation will be reattempted.",
};

async function wellBehaved({ Step: step, SecretId, ClientRequestToken: token }: RotationEvent): Promise<void> {
  if (step === 'createSecret') {
    await client.send(
      new PutSecretValueCommand({
        SecretId,
        ClientRequestToken: token,
        SecretString: `value of ${token}`,
        VersionStages: ['AWSPENDING'],
      }),
    );
  }
  if (step === 'finishSecret') {
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: firstVersion,
        MoveToVersionId: token,
      }),
    );
  }
}

/** A handler that stops at a step until it is let go. */
function pausingAt(step: string) {
  const { promise: reached, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  handler = async (event) => {
    if (event.Step === step) {
      arrive();
      await released;
    }
    await wellBehaved(event);
  };
  return { reached, release };
}

describe('a rotation (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html)', () => {
  it('is asynchronous and calls the four steps with the ARN and the token', async () => {
    expect(await rotate()).toMatchObject({ ARN: secretArn, VersionId: TOKEN });
    await until('RotationSucceeded');
    expect(lambda.events).toEqual(
      FOUR_STEPS.map((Step) => ({
        Step,
        SecretId: secretArn,
        ClientRequestToken: TOKEN,
        RotationToken: expect.stringMatching(/^[a-zA-Z0-9-]{36,256}$/),
      })),
    );
    expect(secrets.labels('app/db')).toEqual({
      [firstVersion]: ['AWSPREVIOUS'],
      [TOKEN]: ['AWSPENDING', 'AWSCURRENT'],
    });
    expect(history()).toEqual(['RotationStarted', 'RotationSucceeded']);
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }));
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: FUNCTION_ARN });
    expect(described.LastRotatedDate).toBeInstanceOf(Date);
  });

  it('reserves the version id with AWSPENDING before there is a value: described, not readable (API_DescribeSecret)', async () => {
    const { reached, release } = pausingAt('createSecret');
    await rotate();
    await reached;
    const { VersionIdsToStages: stages } = await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }));
    expect(stages).toEqual({ [firstVersion]: ['AWSCURRENT'], [TOKEN]: ['AWSPENDING'] });
    for (const which of [
      { VersionStage: 'AWSPENDING' },
      { VersionId: TOKEN },
      { VersionId: TOKEN, VersionStage: 'AWSPENDING' },
    ]) {
      await expect(client.send(new GetSecretValueCommand({ SecretId: 'app/db', ...which }))).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      });
    }
    release();
    await until('RotationSucceeded');
  });

  it('stops at the first failed step and tries the whole rotation again with the same token', async () => {
    let failures = 1;
    handler = async (event) => {
      if (event.Step === 'setSecret' && failures-- > 0) throw new Error('the database is away');
      await wellBehaved(event);
    };
    await rotate();
    await until('RotationSucceeded');
    expect(steps()).toEqual(['createSecret', 'setSecret', ...FOUR_STEPS]);
    expect(new Set(lambda.events.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([TOKEN]));
    expect(secrets.rotations[1]).toMatchObject({
      event: 'RotationFailed',
      reason: expect.stringContaining('setSecret: {"errorMessage":"the database is away"}'),
    });
  });

  it('that is given up leaves AWSPENDING behind, which blocks the next one; the old one is tried again (API_RotateSecret)', async () => {
    handler = () => {
      throw new Error('never');
    };
    await rotate();
    await eventually(() => expect(history().filter((event) => event === 'RotationFailed')).toHaveLength(3));
    expect(secrets.labels('app/db')).toMatchObject({ [TOKEN]: ['AWSPENDING'] });
    handler = wellBehaved;
    await expect(rotate({ ClientRequestToken: OTHER })).rejects.toMatchObject(blocked);
    await until('RotationSucceeded');
    expect(secrets.value('app/db')).toBe(`value of ${TOKEN}`);
  });

  it('is blocked by AWSPENDING on any version but the current one, and free once it is stripped (API_RotateSecret)', async () => {
    await client.send(
      new PutSecretValueCommand({
        SecretId: 'app/db',
        ClientRequestToken: OTHER,
        SecretString: 'stale',
        VersionStages: ['AWSPENDING'],
      }),
    );
    await expect(rotate()).rejects.toMatchObject(blocked);
    await expect(rotate({ RotateImmediately: false })).rejects.toMatchObject(blocked);
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 'app/db',
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: OTHER,
      }),
    );
    await rotate();
    await until('RotationSucceeded');
  });

  it('is not blocked by AWSPENDING on the current version (API_RotateSecret)', async () => {
    await rotate();
    await until('RotationSucceeded');
    firstVersion = TOKEN;
    await rotate({ ClientRequestToken: OTHER });
    await eventually(() => expect(secrets.labels('app/db')).toMatchObject({ [OTHER]: ['AWSPENDING', 'AWSCURRENT'] }));
  });

  it('is abandoned, AWSPENDING stripped, when another version is made in the middle (cloudtrail_log_entries: RotationAbandoned)', async () => {
    const { reached, release } = pausingAt('setSecret');
    await rotate();
    await reached;
    await client.send(
      new PutSecretValueCommand({ SecretId: 'app/db', ClientRequestToken: OTHER, SecretString: 'by hand' }),
    );
    release();
    await until('RotationAbandoned');
    expect(steps()).toEqual(['createSecret', 'setSecret']);
    expect(secrets.labels('app/db')).toEqual({ [firstVersion]: ['AWSPREVIOUS'], [OTHER]: ['AWSCURRENT'] });
  });

  it('asked for again with its own token while it runs is one rotation; a token of an old version is refused', async () => {
    const { reached, release } = pausingAt('createSecret');
    await rotate();
    await reached;
    expect(await rotate()).toMatchObject({ VersionId: TOKEN });
    release();
    await until('RotationSucceeded');
    expect(steps()).toEqual(FOUR_STEPS);
    await expect(rotate()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(rotate({ ClientRequestToken: firstVersion })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  it('fails when finishSecret returns and AWSCURRENT has not moved', async () => {
    handler = async (event) => {
      if (event.Step !== 'finishSecret') await wellBehaved(event);
    };
    await rotate();
    await until('RotationFailed');
    expect(secrets.value('app/db')).toBe('one');
  });

  it('gives way to the next one, and calls nothing more, when its AWSPENDING was stripped between two tries', async () => {
    const clock = fakeClock();
    await restart({ rotationRetryMs: 2_000 }, clock);
    handler = async (event) => {
      if (event.ClientRequestToken === TOKEN) throw new Error('no');
      await wellBehaved(event);
    };
    await rotate();
    await until('RotationFailed');
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 'app/db',
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: TOKEN,
      }),
    );
    expect(secrets.labels('app/db')).toEqual({ [firstVersion]: ['AWSCURRENT'] });
    await rotate({ ClientRequestToken: OTHER });
    await until('RotationSucceeded');
    clock.advance(2_000);
    await until('RotationAbandoned');
    expect(secrets.rotations.map(({ event, versionId }) => [event, versionId])).toEqual([
      ['RotationStarted', TOKEN],
      ['RotationFailed', TOKEN],
      ['RotationStarted', OTHER],
      ['RotationSucceeded', OTHER],
      ['RotationAbandoned', TOKEN],
    ]);
    expect(steps()).toEqual(['createSecret', ...FOUR_STEPS]);
  });

  it('leaves AWSPENDING nowhere when that is how the simulator is set: AWS documents both (API_RotateSecret)', async () => {
    await restart({ pendingAfterRotation: 'removed' });
    await rotate();
    await until('RotationSucceeded');
    expect(secrets.labels('app/db')).toEqual({ [firstVersion]: ['AWSPREVIOUS'], [TOKEN]: ['AWSCURRENT'] });
  });

  it('starts once, however many ask at the same moment', async () => {
    const { release } = pausingAt('createSecret');
    // Within the process, so that both are certain to be on their way before either has begun.
    const ask = (ClientRequestToken: string) =>
      secrets.rotate({ SecretId: 'app/db', RotationLambdaARN: FUNCTION_ARN, ClientRequestToken });
    const answers = await Promise.allSettled([ask(TOKEN), ask(OTHER)]);
    release();
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await until('RotationSucceeded');
  });

  it('takes no second RotateSecret while it runs', async () => {
    const { reached, release } = pausingAt('setSecret');
    await rotate();
    await reached;
    await expect(rotate({ ClientRequestToken: OTHER })).rejects.toMatchObject(blocked);
    release();
    await until('RotationSucceeded');
  });
});

describe('RotateImmediately: false (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html)', () => {
  it('runs testSecret alone on a version that cannot be read and is removed afterwards', async () => {
    const seen: unknown[] = [];
    handler = async ({ SecretId, ClientRequestToken: token }) => {
      seen.push(secrets.labels(SecretId)[token]);
      await client
        .send(new GetSecretValueCommand({ SecretId, VersionId: token }))
        .catch((error: Error) => seen.push(error.name));
    };
    await rotate({ RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 30 } });
    await until('TestRotationSucceeded');
    expect(steps()).toEqual(['testSecret']);
    expect(seen).toEqual([['AWSPENDING'], 'ResourceNotFoundException']);
    expect(secrets.labels('app/db')).toEqual({ [firstVersion]: ['AWSCURRENT'] });
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }));
    expect(described).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } });
    expect(described.LastRotatedDate).toBeUndefined();
  });

  it('a failing test is only recorded, and the secret can be rotated', async () => {
    handler = () => {
      throw new Error('misconfigured');
    };
    await rotate({ RotateImmediately: false });
    await until('TestRotationFailed');
    handler = wellBehaved;
    await rotate();
    await until('RotationSucceeded');
  });
});

describe('CancelRotateSecret (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html)', () => {
  it('turns rotation off, stops the one under way and leaves AWSPENDING where it is', async () => {
    const { reached, release } = pausingAt('setSecret');
    await rotate();
    await reached;
    const answer = await client.send(new CancelRotateSecretCommand({ SecretId: 'app/db' }));
    expect(answer.VersionId).toBe(TOKEN);
    release();
    await until('RotationAbandoned');
    expect(steps()).toEqual(['createSecret', 'setSecret']);
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }));
    expect(described.RotationEnabled).toBe(false);
    expect(described.VersionIdsToStages).toMatchObject({ [TOKEN]: ['AWSPENDING'] });
    await expect(rotate({ ClientRequestToken: OTHER })).rejects.toMatchObject(blocked);
  });
});

describe('who may rotate (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html)', () => {
  const refused = {
    name: 'AccessDeniedException',
    message: expect.stringContaining('Secrets Manager cannot invoke the specified Lambda function'),
  };

  it('a function whose policy does not let Secrets Manager in is refused when it is configured', async () => {
    lambda.resourcePolicy = undefined;
    await expect(rotate()).rejects.toMatchObject(refused);
    lambda.resourcePolicy = lettingSecretsManagerIn({ StringEquals: { 'aws:SourceAccount': '999999999999' } });
    await expect(rotate()).rejects.toMatchObject(refused);
    lambda.resourcePolicy = lettingSecretsManagerIn({ StringEquals: { 'aws:SourceArn': `${secretArn}-other` } });
    await expect(rotate()).rejects.toMatchObject(refused);
    lambda.resourcePolicy = lettingSecretsManagerIn({ StringEquals: { 'aws:SourceArn': secretArn } });
    await rotate();
    await until('RotationSucceeded');
  });

  it('a function that is not there is refused', async () => {
    await expect(rotate({ RotationLambdaARN: `${FUNCTION_ARN}-missing` })).rejects.toMatchObject(refused);
  });

  it('a secret without a function cannot be rotated', async () => {
    await expect(
      client.send(new RotateSecretCommand({ SecretId: 'app/db', ClientRequestToken: TOKEN })),
    ).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'No Lambda rotation function ARN is associated with this secret.',
    });
  });

  it('the caller needs lambda:InvokeFunction too (API_RotateSecret)', async () => {
    const mayRotate = { Action: 'secretsmanager:RotateSecret', Resource: '*' };
    const poor = await roleSession(world, 'poor', mayRotate);
    const rich = await roleSession(world, 'rich', mayRotate, {
      Action: 'lambda:InvokeFunction',
      Resource: FUNCTION_ARN,
    });
    const as = (actor: typeof poor) =>
      new SecretsManagerClient(clientConfig(world, actor.credentials)).send(
        new RotateSecretCommand({ SecretId: 'app/db', RotationLambdaARN: FUNCTION_ARN }),
      );
    await expect(as(poor)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('lambda:InvokeFunction'),
    });
    await as(rich);
    await until('RotationSucceeded');
  });

  it('two schedules at once, a day too many and rates under four hours are refused (rotate-secrets_schedule)', async () => {
    for (const RotationRules of [
      { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' },
      { AutomaticallyAfterDays: 1001 },
      { ScheduleExpression: 'rate(3 hours)' },
    ]) {
      await expect(rotate({ RotationRules })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    }
  });
});
