import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { App, CfnOutput, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal, User } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunctionConstruct, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { expect, it, onTestFinished } from 'vitest';
import { deployAssembly } from '../../../lib/simulator/deploy/deploy.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { Lambda } from '../../../lib/simulator/lambda/lambda.ts';
import type { Scheduler } from '../../../lib/simulator/scheduler/scheduler.ts';
import type { SecretsManager } from '../../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { Sns } from '../../../lib/simulator/services/sns/sns.ts';
import type { States } from '../../../lib/simulator/states/states.ts';
import { clientConfig, eventually } from '../support/actors.ts';
import { bundle, temporaryFolder } from './assemblies.ts';

/** One app with something of everything that the simulator deploys, made by CDK. */
function synthesize(folder: string): string {
  const app = new App({ outdir: join(folder, 'cdk.out'), analyticsReporting: false });
  const base = new Stack(app, 'Base');
  const topic = new Topic(base, 'Topic');
  topic.addSubscription(new EmailSubscription('ops@example.com'));
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
    }),
  );
  const bucket = new Bucket(base, 'Bucket', { versioned: true, enforceSSL: true });

  const stack = new Stack(app, 'App');
  const code = `
    import { createHash } from 'node:crypto';
    export async function handler(event: { Step?: string }): Promise<unknown> {
      console.log(JSON.stringify(event));
      return { event, topic: process.env['TOPIC_ARN'], hash: createHash('sha256').update('x').digest('hex').length };
    }`;
  const echo = new LambdaFunctionConstruct(stack, 'Echo', {
    functionName: 'echo',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(bundle(folder, 'echo', code)),
    timeout: Duration.seconds(10),
    environment: { TOPIC_ARN: topic.topicArn, BUCKET: bucket.bucketName },
  });
  new LambdaFunctionConstruct(stack, 'Inline', {
    functionName: 'inline',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => "inline";'),
  });
  topic.grantPublish(echo);
  bucket.grantPut(echo);

  const secret = new Secret(stack, 'Secret', {
    secretName: 'app/db',
    generateSecretString: {
      secretStringTemplate: '{"username":"app"}',
      generateStringKey: 'password',
      excludePunctuation: true,
    },
  });
  secret.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('x.amazonaws.com')],
      actions: ['secretsmanager:GetSecretValue'],
      resources: ['*'],
    }),
  );
  new Secret(stack, 'Given', { secretName: 'app/given', secretStringValue: SecretValue.unsafePlainText('given') });
  echo.addPermission('SecretsManager', {
    principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
    sourceAccount: stack.account,
  });
  const rotation = new CfnRotationSchedule(stack, 'Rotation', {
    secretId: secret.secretArn,
    rotationLambdaArn: echo.functionArn,
    rotateImmediatelyOnUpdate: false,
    rotationRules: { automaticallyAfterDays: 30 },
  });
  rotation.node.addDependency(echo);

  const machine = new StateMachine(stack, 'Machine', {
    stateMachineName: 'machine',
    definitionBody: DefinitionBody.fromChainable(
      new LambdaInvoke(stack, 'Call', { lambdaFunction: echo, outputPath: '$.Payload.event' }),
    ),
  });
  const starter = new Role(stack, 'Starter', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
  machine.grantStartExecution(starter);
  const dead = new Queue(stack, 'Dead', { enforceSSL: true });
  const group = new CfnScheduleGroup(stack, 'Group', { name: 'group' });
  new CfnSchedule(stack, 'Schedule', {
    name: 'monthly',
    groupName: group.ref,
    scheduleExpression: 'cron(0 3 1 * ? *)',
    flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 15 },
    target: {
      arn: machine.stateMachineArn,
      roleArn: starter.roleArn,
      input: '{"at":"<aws.scheduler.scheduled-time>"}',
      deadLetterConfig: { arn: dead.queueArn },
    },
  });
  new Rule(stack, 'Rule', {
    eventPattern: { source: ['test'] },
    targets: [new LambdaFunction(echo, { deadLetterQueue: dead })],
  });
  const user = new User(stack, 'User', { userName: 'uploader' });
  bucket.grantRead(user);
  new ManagedPolicy(stack, 'Managed', {
    users: [user],
    statements: [new PolicyStatement({ actions: ['iam:GetUser'], resources: ['*'] })],
  });
  new StringParameter(stack, 'Parameter', { parameterName: '/app/topic', stringValue: topic.topicArn });
  new Alarm(stack, 'Alarm', {
    metric: new Metric({ namespace: 'n', metricName: 'm' }),
    threshold: 1,
    evaluationPeriods: 1,
  });
  new CfnOutput(stack, 'MachineArn', { value: machine.stateMachineArn });
  return app.synth().directory;
}

it('what CDK synthesized runs: functions, machines, rotations, schedules, rules, by their synthesized policies', {
  timeout: 60_000,
}, async () => {
  const folder = synthesize(temporaryFolder());
  const world = await startSimulator({ region: 'eu-central-1' });
  onTestFinished(() => world.close());

  const { Base, App: deployed } = await deployAssembly(world, folder);

  const topicArn = Object.values(Base?.resources ?? {}).find(({ type }) => type === 'AWS::SNS::Topic')?.physicalId;
  const config = clientConfig(world);
  const lambda = new LambdaClient(config);
  const invoke = async (FunctionName: string, event: unknown) => {
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
    return JSON.parse(Payload?.transformToString() ?? '') as unknown;
  };
  expect(await invoke('echo', { a: 1 })).toEqual({ event: { a: 1 }, topic: topicArn, hash: 64 });
  expect(await invoke('inline', {})).toBe('inline');

  const stateMachineArn = deployed?.outputs['MachineArn'] ?? '';
  expect(stateMachineArn).toBe('arn:aws:states:eu-central-1:123456789012:stateMachine:machine');
  const sfn = new SFNClient(config);
  const { executionArn = '' } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"b":2}' }));
  await world.service<States>('states').closed(executionArn);
  expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
    status: 'SUCCEEDED',
    output: '{"b":2}',
  });

  const secrets = world.service<SecretsManager>('secretsmanager');
  const made = JSON.parse(secrets.value('app/db')) as { username: string; password: string };
  expect(made).toEqual({ username: 'app', password: expect.stringMatching(/^[A-Za-z0-9]{32}$/) });
  expect(secrets.value('app/given')).toBe('given');
  // RotateImmediatelyOnUpdate: false runs testSecret and rotates nothing.
  await eventually(() =>
    expect(secrets.rotations.map(({ event }) => event)).toEqual(['TestRotationStarted', 'TestRotationSucceeded']),
  );
  expect(world.service<Lambda>('lambda').logs('echo')).toContain('"Step":"testSecret"');
  expect(world.service<Lambda>('lambda').logs('echo')).not.toContain('"Step":"createSecret"');

  const scheduler = world.service<Scheduler>('scheduler');
  const firing = await scheduler.fire('monthly', new Date('2026-12-01T03:00:00Z'), 'group');
  expect(firing).toMatchObject({ delivered: true });
  expect(world.service<States>('states').executionsOf().at(-1)?.input).toBe('{"at":"2026-12-01T03:00:00Z"}');

  world.emit({ source: 'test', 'detail-type': 'by the rule', resources: [], detail: {} });
  await eventually(() => expect(world.service<Lambda>('lambda').logs('echo')).toContain('"detail-type":"by the rule"'));

  expect(Object.keys(world.identities.user('uploader').policies.latest)).toHaveLength(2);
  expect(world.service<Sns>('sns').subscriptions).toMatchObject([{ topicArn, endpoint: 'ops@example.com' }]);
  expect(world.calls.filter(({ denied }) => denied)).toEqual([]);
});
