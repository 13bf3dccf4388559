import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BusEvent } from '../../../lib/simulator/types.ts';
import { app, type Estate, present, quickChecks, startEstate } from './support/estate.ts';
import { livingInGroups } from './support/processes.ts';

vi.setConfig({ testTimeout: 40_000 });

let estate: Estate;
const events: BusEvent[] = [];
beforeAll(async () => {
  estate = await startEstate();
  estate.world.onEvent((event) => events.push(event));
  await estate.client.send(new CreateClusterCommand({}));
});
afterAll(() => estate.world.close());

async function describeTask(arn: string | undefined) {
  const { tasks } = await estate.client.send(new DescribeTasksCommand({ tasks: [present(arn)] }));
  return present(tasks?.[0]);
}

describe('a task (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html)', () => {
  it('outside a service runs to its end and stays listed as STOPPED with its exit code', async () => {
    const { client, until, ecs } = estate;
    await client.send(
      new RegisterTaskDefinitionCommand({
        family: 'job',
        containerDefinitions: [
          { name: 'job', command: [process.execPath, '-e', 'console.log(process.env.WORD); process.exitCode = 7'] },
        ],
      }),
    );
    const { tasks: [started] = [] } = await client.send(
      new RunTaskCommand({
        taskDefinition: 'job',
        startedBy: 'a person',
        overrides: { containerOverrides: [{ name: 'job', environment: [{ name: 'WORD', value: 'quokka' }] }] },
      }),
    );
    expect(started).toMatchObject({
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      group: 'family:job',
      startedBy: 'a person',
    });
    const stopped = await until('it has stopped', async () => {
      const task = await describeTask(started?.taskArn);
      return task.lastStatus === 'STOPPED' && task;
    });
    expect(stopped).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 7, lastStatus: 'STOPPED' }],
    });
    const instants = [stopped.createdAt, stopped.startedAt, stopped.executionStoppedAt, stopped.stoppedAt].map(Number);
    expect(instants).toEqual(instants.toSorted((one, other) => one - other));
    const { taskArns } = await client.send(new ListTasksCommand({ family: 'job', desiredStatus: 'STOPPED' }));
    expect(taskArns).toEqual([started?.taskArn]);
    expect((await client.send(new ListTasksCommand({ family: 'job' }))).taskArns).toEqual([]);
    expect(ecs.logs()).toContain('quokka');

    const states = events
      .filter((event) => event['detail-type'] === 'ECS Task State Change' && event.resources[0] === started?.taskArn)
      .map(({ detail }) => detail['lastStatus']);
    expect(states).toEqual(['PROVISIONING', 'PENDING', 'RUNNING', 'STOPPED']);
  });

  it('goes through DEACTIVATING and STOPPING on its way to STOPPED', async () => {
    const { client, ecs, setUp, until } = estate;
    await setUp({ serviceName: 'staged', targetGroup: { ...quickChecks, deregistrationDelayMs: 100 } });
    await ecs.steady('staged', 20_000);
    const task = present((await estate.tasks('staged'))[0]);
    await client.send(new StopTaskCommand({ task: task.taskArn, reason: 'by hand' }));
    const stopped = await until('it has stopped', async () => {
      const found = await describeTask(task.taskArn);
      return found.lastStatus === 'STOPPED' && found;
    });
    expect(stopped).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'by hand',
      containers: [{ exitCode: 0 }],
    });
    const states = events
      .filter((event) => event['detail-type'] === 'ECS Task State Change' && event.resources[0] === task.taskArn)
      .map(({ detail }) => detail['lastStatus']);
    expect(states).toEqual(['PROVISIONING', 'PENDING', 'RUNNING', 'DEACTIVATING', 'STOPPING', 'STOPPED']);
    await until('another has taken its place', async () => (await estate.service('staged')).runningCount === 1);
  });

  it('that ignores SIGTERM is killed after its stopTimeout', async () => {
    const { client, ecs, setUp, until } = estate;
    await setUp({ serviceName: 'stubborn', environment: { IGNORE_SIGTERM: '1' }, stopTimeoutSeconds: 1 });
    await ecs.steady('stubborn', 20_000);
    await until('it listens', async () => ecs.logs('stubborn').includes('starts'));
    const task = present((await estate.tasks('stubborn'))[0]);
    const sentAtMs = Date.now();
    await client.send(new StopTaskCommand({ task: task.taskArn }));
    const stopped = await until('it has stopped', async () => {
      const found = await describeTask(task.taskArn);
      return found.lastStatus === 'STOPPED' && found;
    });
    expect(Date.now() - sentAtMs).toBeGreaterThanOrEqual(1_000);
    expect(stopped.containers?.[0]?.exitCode).toBe(137);
  });

  it('ends with everything that it started', async () => {
    const { client, until, ecs } = estate;
    await client.send(
      new RegisterTaskDefinitionCommand({
        family: 'parent',
        containerDefinitions: [{ name: 'parent', command: ['/bin/sh', '-c', 'sleep 600 & echo group $$'] }],
      }),
    );
    const { tasks: [started] = [] } = await client.send(new RunTaskCommand({ taskDefinition: 'parent' }));
    await until('it has stopped', async () => (await describeTask(started?.taskArn)).lastStatus === 'STOPPED');
    const group = Number(/group (\d+)/.exec(ecs.logs())?.[1]);
    await until('its child is gone', async () => livingInGroups([group]).length === 0);
  });

  it('gets PORT, its own environment, and nothing of the simulator’s', async () => {
    const { client, until, ecs } = estate;
    const print = 'console.log(Object.keys(process.env).sort().join())';
    await client.send(
      new RegisterTaskDefinitionCommand({
        family: 'bare',
        containerDefinitions: [{ name: 'bare', command: [process.execPath, '-e', print] }],
      }),
    );
    await client.send(new RunTaskCommand({ taskDefinition: 'bare' }));
    await until('it has printed', async () =>
      ecs.logs().includes('AWS_DEFAULT_REGION,AWS_EXECUTION_ENV,AWS_REGION,PATH,PORT\n'),
    );
  });
});

describe('ListTasks (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html)', () => {
  it('gives at most 100 tasks a page, and the rest with nextToken', async () => {
    const { client } = estate;
    await client.send(
      new RegisterTaskDefinitionCommand({
        family: 'many',
        containerDefinitions: [{ name: 'many', command: ['/bin/true'] }],
      }),
    );
    await client.send(new CreateClusterCommand({ clusterName: 'crowd' }));
    // 101 processes would be needed otherwise: a task that cannot start is a task too.
    await client.send(new RunTaskCommand({ cluster: 'crowd', taskDefinition: 'many', count: 101 }));
    const found: string[] = [];
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
      let nextToken: string | undefined;
      do {
        const answer = await client.send(new ListTasksCommand({ cluster: 'crowd', desiredStatus, nextToken }));
        expect(answer.taskArns?.length).toBeLessThanOrEqual(100);
        found.push(...(answer.taskArns ?? []));
        nextToken = answer.nextToken;
      } while (nextToken !== undefined);
    }
    expect(new Set(found).size).toBe(101);
  });

  it('knows PENDING as a desired status that no task has', async () => {
    expect((await estate.client.send(new ListTasksCommand({ desiredStatus: 'PENDING' }))).taskArns).toEqual([]);
  });

  it('refuses a service that is not there', async () => {
    await expect(estate.client.send(new ListTasksCommand({ serviceName: 'nobody' }))).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    });
  });
});

describe('RegisterTaskDefinition', () => {
  it.each([
    [
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
      {
        name: 'app',
        command: app,
        secrets: [{ name: 'A', valueFrom: 'arn:aws:secretsmanager:us-east-1:1:secret:a-AbCdEf' }],
      },
    ],
    ['The simulator runs no images', { name: 'app', image: 'nginx' }],
  ])('refuses: %s', async (message, container) => {
    const command = new RegisterTaskDefinitionCommand({ family: 'wrong', containerDefinitions: [container] });
    await expect(estate.client.send(command)).rejects.toMatchObject({
      name: 'ClientException',
      message: expect.stringContaining(message),
    });
  });
});
