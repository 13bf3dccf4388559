import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerLambda } from '../../../lib/simulator/lambda/lambda.ts';
import { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import { Sts } from '../../../lib/simulator/services/sts/sts.ts';
import { registerStates, type States } from '../../../lib/simulator/states/states.ts';
import { AwsError, type BusEvent, type Service } from '../../../lib/simulator/types.ts';
import { createWorld, type SimulatedWorld } from '../../../lib/simulator/world.ts';
import { definitionOf, folderFor } from '../lambda/function-folder.ts';
import { clientConfig, eventually, trusting, userWithKey } from '../support/actors.ts';
import { invoking, machine, machineRole } from './machines.ts';

let world: SimulatedWorld;
let states: States;
let sfn: SFNClient;
let waiting: string;
const events: BusEvent[] = [];
const published: unknown[] = [];

/** A topic that keeps what it is given. */
const sns: Service = {
  name: 'sns',
  operations: {
    Publish: {
      needs: ({ TopicArn }) => [{ action: 'sns:Publish', resource: String(TopicArn) }],
      run: (input) => {
        if (input['TopicArn'] !== 'arn:aws:sns:eu-central-1:123456789012:t')
          throw new AwsError('NotFound', 'no topic', 404);
        published.push(input);
        return { MessageId: 'm' };
      },
    },
  },
};

beforeAll(async () => {
  world = createWorld({ region: 'eu-central-1' });
  for (const service of [new Iam(world), new Sts(world), sns]) world.register(service);
  const lambda = registerLambda(world);
  states = registerStates(world);
  world.onEvent((event) => events.push(event));
  await world.listen();
  sfn = new SFNClient(clientConfig(world));
  const role = await world
    .service<Iam>('iam')
    .createRole({ roleName: 'echo', trustPolicy: trusting('lambda.amazonaws.com') });
  const code =
    'export const handler = async (event) => { if (event.fail) throw new TypeError(event.fail); return event; };';
  lambda.create(definitionOf('echo', { codeFolder: await folderFor(code), roleArn: role.arn }));
  waiting = await create('waiting', machine({ Rest: { Type: 'Wait', SecondsPath: '$.seconds', End: true } }));
});
afterAll(() => world.close());

async function create(name: string, definition: object, ...statements: Parameters<typeof machineRole>[2][]) {
  const roleArn = await machineRole(world, name, ...statements);
  return states.create({ name, roleArn, definition: JSON.stringify(definition) }).arn;
}

function start(stateMachineArn: string, name: string, input: unknown) {
  return sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
}

async function finished(stateMachineArn: string, input: unknown, name = 'one') {
  const { executionArn = '' } = await start(stateMachineArn, name, input);
  await states.closed(executionArn);
  return sfn.send(new DescribeExecutionCommand({ executionArn }));
}

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
describe('StartExecution', () => {
  it('of a running execution with the same name and input succeeds with the same ARN', async () => {
    const first = await start(waiting, 'twice', { seconds: 60 });
    const second = await start(waiting, 'twice', { seconds: 60 });
    expect(second.executionArn).toBe('arn:aws:states:eu-central-1:123456789012:execution:waiting:twice');
    expect(second).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
  });

  it('with another input is ExecutionAlreadyExists, also when it differs in a blank only', async () => {
    await start(waiting, 'other', { seconds: 60 });
    for (const input of ['{"seconds":61}', '{"seconds": 60}']) {
      await expect(
        sfn.send(new StartExecutionCommand({ stateMachineArn: waiting, name: 'other', input })),
      ).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    }
  });

  it('of a closed execution is ExecutionAlreadyExists, even with the same input', async () => {
    await finished(waiting, { seconds: 0 }, 'done');
    await expect(start(waiting, 'done', { seconds: 0 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each([
    ['ValidationException', 'x'.repeat(81)],
    ['InvalidName', 'a b'],
    ['InvalidName', 'a/b'],
    ['InvalidName', 'a:b'],
  ])('is %s for the name %s', async (error, name) => {
    await expect(start(waiting, name, {})).rejects.toMatchObject({ name: error });
  });

  it('takes a name of 80 characters', async () => {
    expect((await start(waiting, 'y'.repeat(80), { seconds: 0 })).executionArn).toMatch(/:y{80}$/);
  });

  it('refuses an input that is no JSON and a machine that is not there', async () => {
    await expect(sfn.send(new StartExecutionCommand({ stateMachineArn: waiting, input: '{' }))).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
    });
    await expect(start(`${waiting}2`, 'x', {})).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  });

  it('is IAM’s to allow', async () => {
    const config = clientConfig(world, await userWithKey(world, 'stranger'));
    await expect(
      new SFNClient(config).send(new StartExecutionCommand({ stateMachineArn: waiting })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('an execution', () => {
  it('is described with its status, input and output', async () => {
    expect(await finished(waiting, { seconds: 0 }, 'described')).toMatchObject({
      status: 'SUCCEEDED',
      name: 'described',
      stateMachineArn: waiting,
      input: '{"seconds":0}',
      output: '{"seconds":0}',
      startDate: expect.any(Date),
      stopDate: expect.any(Date),
    });
    await expect(
      sfn.send(new DescribeExecutionCommand({ executionArn: `${waiting.replace('stateMachine', 'execution')}:none` })),
    ).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  });

  it('that is stopped is ABORTED with the error and cause that were given, and does no more', async () => {
    const { executionArn } = await start(waiting, 'stopped', { seconds: 3600 });
    await sfn.send(new StopExecutionCommand({ executionArn, error: 'Emergency', cause: 'compromised' }));
    expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'ABORTED',
      error: 'Emergency',
      cause: 'compromised',
    });
    await states.closed(executionArn ?? '');
  });

  it('is listed by machine and status, newest first, page by page', async () => {
    const listed = await create('listed', machine({ Done: { Type: 'Succeed' } }));
    for (const name of ['a', 'b', 'c']) await finished(listed, {}, name);
    const first = await sfn.send(new ListExecutionsCommand({ stateMachineArn: listed, maxResults: 2 }));
    expect(first.executions?.map(({ name }) => name)).toEqual(['c', 'b']);
    const { nextToken } = first;
    const rest = await sfn.send(new ListExecutionsCommand({ stateMachineArn: listed, maxResults: 2, nextToken }));
    expect(rest.executions?.map(({ name }) => name)).toEqual(['a']);
    expect(rest.nextToken).toBeUndefined();
    const failed = await sfn.send(new ListExecutionsCommand({ stateMachineArn: listed, statusFilter: 'FAILED' }));
    expect(failed.executions).toEqual([]);
  });

  it('tells EventBridge when it starts and ends', async () => {
    // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    const { executionArn = '' } = await finished(waiting, { seconds: 0 }, 'told');
    const told = () =>
      events.filter(({ resources }) => resources[0] === executionArn).map(({ detail }) => detail['status']);
    await eventually(() => expect(told()).toEqual(['RUNNING', 'SUCCEEDED']));
  });
});

describe('a machine', () => {
  it('is described and listed', async () => {
    expect(await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: waiting }))).toMatchObject({
      name: 'waiting',
      status: 'ACTIVE',
      type: 'STANDARD',
      definition: expect.stringContaining('"SecondsPath"'),
    });
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
    expect(stateMachines.map(({ name }) => name)).toContain('waiting');
  });

  it('invokes synthesized functions as its own role, and only those that the role may', async () => {
    const echo = 'arn:aws:lambda:eu-central-1:123456789012:function:echo';
    const may = await create('may', machine({ Call: invoking(echo, { End: true }) }), {
      Action: 'lambda:InvokeFunction',
      Resource: echo,
    });
    expect(await finished(may, { a: 1 })).toMatchObject({ status: 'SUCCEEDED', output: '{"a":1}' });
    const failed = await finished(may, { fail: 'typed' }, 'two');
    expect(failed).toMatchObject({ status: 'FAILED', error: 'TypeError' });
    expect(JSON.parse(failed.cause ?? '')).toMatchObject({ errorType: 'TypeError', errorMessage: 'typed' });
    const mayNot = await create('may-not', machine({ Call: invoking(echo, { End: true }) }));
    expect(await finished(mayNot, {})).toMatchObject({
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringContaining('is not authorized to perform: lambda:InvokeFunction'),
    });
  });

  it('whose role Step Functions cannot assume fails with States.Permissions', async () => {
    const { arn } = states.create({
      name: 'orphan',
      roleArn: 'arn:aws:iam::123456789012:role/none',
      definition: JSON.stringify(machine({ Call: invoking('echo', { End: true }) })),
    });
    expect(await finished(arn, {})).toMatchObject({ error: 'States.Permissions' });
  });

  it('publishes to SNS, an object as JSON (https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html)', async () => {
    const topic = 'arn:aws:sns:eu-central-1:123456789012:t';
    const Publish = {
      Type: 'Task',
      Resource: 'arn:aws:states:::sns:publish',
      Parameters: { TopicArn: topic, Message: { 'text.$': '$.text' } },
      End: true,
    };
    const arn = await create('publishes', machine({ Publish }), { Action: 'sns:Publish', Resource: topic });
    expect(await finished(arn, { text: 'x' })).toMatchObject({ output: '{"MessageId":"m"}' });
    expect(published).toEqual([{ TopicArn: topic, Message: '{"text":"x"}' }]);
  });

  // https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
  it.each([
    ['startExecution.sync', 'SUCCEEDED', '{"seconds":0}'],
    ['startExecution.sync:2', 'SUCCEEDED', { seconds: 0 }],
    ['startExecution', undefined, undefined],
  ])('starts another by %s', async (how, status, output) => {
    const Start = {
      Type: 'Task',
      Resource: `arn:aws:states:::states:${how}`,
      Parameters: { StateMachineArn: waiting, 'Input.$': '$', Name: how.replace(/[.:]/g, '-') },
      End: true,
    };
    const execution = waiting.replace('stateMachine', 'execution');
    const arn = await create(
      how.replace(/[.:]/g, '-'),
      machine({ Start }),
      { Action: 'states:StartExecution', Resource: waiting },
      { Action: 'states:DescribeExecution', Resource: `${execution}:*` },
    );
    const described = await finished(arn, { seconds: 0 });
    expect(described.status).toBe('SUCCEEDED');
    const result = JSON.parse(described.output ?? '') as { ExecutionArn: string; Status?: string; Output?: unknown };
    expect(result.ExecutionArn).toBe(`${execution}:${how.replace(/[.:]/g, '-')}`);
    expect(result.Status).toBe(status);
    expect(result.Output).toEqual(output);
    expect(await finished(arn, { seconds: 0 }, 'again')).toMatchObject({
      error: 'StepFunctions.ExecutionAlreadyExistsException',
    });
  });

  it('calls any other service by aws-sdk, in Pascal case, with the SDK’s names for errors', async () => {
    // https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
    const Describe = {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:sfn:describeExecution',
      Parameters: { 'ExecutionArn.$': '$.arn' },
      ResultSelector: { 'status.$': '$.Status' },
      End: true,
    };
    const execution = waiting.replace('stateMachine', 'execution');
    const arn = await create('sdk', machine({ Describe }), {
      Action: 'states:DescribeExecution',
      Resource: `${execution}:*`,
    });
    await finished(waiting, { seconds: 0 }, 'looked-at');
    expect(await finished(arn, { arn: `${execution}:looked-at` })).toMatchObject({ output: '{"status":"SUCCEEDED"}' });
    expect(await finished(arn, { arn: `${execution}:none` }, 'two')).toMatchObject({
      error: 'Sfn.ExecutionDoesNotExistException',
    });
    expect(
      await finished(arn, { arn: 'arn:aws:states:eu-central-1:123456789012:execution:may:one' }, 'three'),
    ).toMatchObject({
      error: 'Sfn.SfnException',
    });
  });
});

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
describe('the history', () => {
  it('tells what happened in order, both ways round, page by page', async () => {
    const All = {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...machine({ Call: invoking('echo', { End: true }) }) },
      Next: 'Rest',
    };
    const arn = await create('told', machine({ All, Rest: { Type: 'Wait', Seconds: 0, End: true } }), {
      Action: 'lambda:InvokeFunction',
      Resource: '*',
    });
    const { executionArn } = await finished(arn, { items: [{}] });
    const { events: history = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(
      history.map(({ id, type, stateEnteredEventDetails }) =>
        `${id} ${type} ${stateEnteredEventDetails?.name ?? ''}`.trim(),
      ),
    ).toEqual([
      '1 ExecutionStarted',
      '2 MapStateEntered All',
      '3 MapStateStarted',
      '4 MapIterationStarted',
      '5 TaskStateEntered Call',
      '6 TaskScheduled',
      '7 TaskStarted',
      '8 TaskSucceeded',
      '9 TaskStateExited',
      '10 MapIterationSucceeded',
      '11 MapStateSucceeded',
      '12 MapStateExited',
      '13 WaitStateEntered Rest',
      '14 WaitStateExited',
      '15 ExecutionSucceeded',
    ]);
    const reversed = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 2 }),
    );
    expect(reversed.events?.map(({ type }) => type)).toEqual(['ExecutionSucceeded', 'WaitStateExited']);
    expect(reversed.nextToken).toBeDefined();
    expect(states.executionsOf(arn)[0]?.history.stateTransitions).toBe(3);
  });

  it('tells of failures, retries and timeouts', async () => {
    const arn = await create(
      'failing',
      machine({
        Call: invoking('echo', {
          Retry: [{ ErrorEquals: ['TypeError'], IntervalSeconds: 1, MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'No' }],
          End: true,
        }),
        No: { Type: 'Fail', Error: 'Held', Cause: 'why' },
      }),
      { Action: 'lambda:InvokeFunction', Resource: '*' },
    );
    const { executionArn } = await finished(arn, { fail: 'x' });
    const { events: history = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(history.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskStateExited',
      'FailStateEntered',
      'ExecutionFailed',
    ]);
    expect(history.at(4)?.taskFailedEventDetails).toMatchObject({ error: 'TypeError' });
    expect(history.at(-1)?.executionFailedEventDetails).toEqual({ error: 'Held', cause: 'why' });
    expect(states.executionsOf(arn)[0]?.history.stateTransitions).toBe(3);
  });

  it('can be searched, with all inputs and outputs', async () => {
    await finished(waiting, { seconds: 0, needle: 'in-the-input' }, 'searched');
    expect(states.everything()).toContain('in-the-input');
    expect(states.everything()).not.toContain('never-said');
  });
});
