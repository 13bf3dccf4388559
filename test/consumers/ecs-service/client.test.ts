import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, describe, expect, it } from 'vitest';
import { EcsServices } from '../../../lib/consumers/ecs-service/client.ts';

// What the simulator gives clumsily: hundreds of tasks, errors of AWS's own, lost answers.
const config = { cluster: 'main', service: 'app' };
const ecs = mockClient(ECSClient);
afterEach(() => {
  ecs.reset();
});

describe('living tasks', () => {
  it('come from every page of both lists, those wanted first, and are described a hundred at a time', async () => {
    const asked: unknown[] = [];
    ecs.on(ListTasksCommand).callsFake(({ desiredStatus, nextToken }) => {
      asked.push([desiredStatus, nextToken]);
      const from = nextToken === 'more' ? 100 : 0;
      const taskArns = Array.from({ length: 100 }, (_, index) => `${desiredStatus}/${from + index}`);
      return { taskArns, ...(from === 0 && { nextToken: 'more' }) };
    });
    const sizes: number[] = [];
    ecs.on(DescribeTasksCommand).callsFake(({ tasks }) => {
      sizes.push(tasks.length);
      return {
        tasks: tasks.map((taskArn: string) => ({
          taskArn,
          createdAt: new Date(5),
          lastStatus: taskArn === 'STOPPED/7' ? 'DEACTIVATING' : taskArn.startsWith('STOPPED') ? 'STOPPED' : 'RUNNING',
        })),
      };
    });
    const tasks = await new EcsServices().livingTasks(config);
    expect(asked).toEqual([
      ['RUNNING', undefined],
      ['RUNNING', 'more'],
      ['STOPPED', undefined],
      ['STOPPED', 'more'],
    ]);
    expect(sizes).toEqual([100, 100, 100, 100]);
    expect(tasks).toHaveLength(201);
    expect(tasks.filter(({ arn }) => arn.startsWith('STOPPED'))).toMatchObject([{ arn: 'STOPPED/7', createdAtMs: 5 }]);
  });

  it('do not include one that ECS has forgotten between the calls', async () => {
    ecs.on(ListTasksCommand).resolves({ taskArns: ['gone'] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [], failures: [{ arn: 'gone', reason: 'MISSING' }] });
    expect(await new EcsServices().livingTasks(config)).toEqual([]);
  });

  it('are unknown when ECS cannot describe one', async () => {
    ecs.on(ListTasksCommand).resolves({ taskArns: ['odd'] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [], failures: [{ arn: 'odd', reason: 'BROKEN' }] });
    await expect(new EcsServices().livingTasks(config)).rejects.toMatchObject({
      code: 'AwsUnavailable',
      message: expect.stringContaining('odd BROKEN'),
    });
  });
});

it('service deployments come from every page', async () => {
  ecs.on(ListServiceDeploymentsCommand).callsFake(({ nextToken }) => ({
    serviceDeployments: [{ serviceDeploymentArn: nextToken ?? 'first', status: 'SUCCESSFUL', createdAt: new Date(7) }],
    ...(nextToken === undefined && { nextToken: 'second' }),
  }));
  const deployments = await new EcsServices().deploymentsSince(config, 0);
  expect(deployments.map(({ arn }) => arn)).toEqual(['first', 'second']);
});

describe('an error of ECS', () => {
  it.each([
    ['ThrottlingException', 'AwsUnavailable'],
    ['ServerException', 'AwsUnavailable'],
    ['TimeoutError', 'AwsUnavailable'],
    ['AccessDeniedException', 'AccessDenied'],
    ['ClusterNotFoundException', 'ConsumerUnfit'],
    ['InvalidParameterException', 'ConsumerUnfit'],
  ])('%s is %s, by the name of the action and the service', async (name, code) => {
    ecs.on(DescribeServicesCommand).rejects(Object.assign(new Error('said by ECS'), { name }));
    const failure: unknown = await new EcsServices().describe(config).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code,
      message: expect.stringContaining(`ecs:DescribeServices of main/app: ${name}: said by ECS`),
    });
    expect(failure, 'the SDK’s error carries the request').not.toHaveProperty('cause');
  });

  it('in describing the service alone is unknown, unless the service is not there', async () => {
    ecs
      .on(DescribeServicesCommand)
      .resolvesOnce({ failures: [{ reason: 'MISSING' }] })
      .resolves({ failures: [{ reason: 'ODD' }] });
    expect(await new EcsServices().describe(config)).toMatchObject({ status: 'MISSING' });
    await expect(new EcsServices().describe(config)).rejects.toMatchObject({ code: 'AwsUnavailable' });
  });
});

it('UpdateService whose answer was lost is not sent a second time: that would be a second restart', async () => {
  ecs.restore();
  let calls = 0;
  const server = createServer((request) => {
    calls += 1;
    request.socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIAXXXXXXXXXXXXXXXX';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'not-a-secret';
  try {
    await expect(new EcsServices().deployAnew(config)).rejects.toMatchObject({ code: 'AwsUnavailable' });
    expect(calls).toBe(1);
    await expect(new EcsServices().describe(config)).rejects.toMatchObject({ code: 'AwsUnavailable' });
    expect(calls, 'reading is tried three times').toBe(4);
  } finally {
    server.close();
  }
});
