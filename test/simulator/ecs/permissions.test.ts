import {
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientConfig, type Statement, userWithKey } from '../support/actors.ts';
import { app, type Estate, present, startEstate } from './support/estate.ts';

const arn = 'arn:aws:ecs:us-east-1:123456789012';
const inCluster = { ArnEquals: { 'ecs:cluster': `${arn}:cluster/default` } };

let estate: Estate;
let deploymentArn: string;
let taskArn: string;
beforeAll(async () => {
  estate = await startEstate();
  await estate.setUp({ serviceName: 'mine' });
  await estate.setUp({ serviceName: 'other' });
  await estate.ecs.steady('mine', 20_000);
  deploymentArn = present((await estate.service('mine')).currentServiceDeployment);
  taskArn = present((await estate.tasks('mine'))[0]?.taskArn);
});
afterAll(() => estate.world.close());

let users = 0;
async function as(...statements: Statement[]): Promise<ECSClient> {
  const credentials = await userWithKey(estate.world, `user${++users}`, ...statements);
  return new ECSClient(clientConfig(estate.world, credentials));
}

describe('IAM (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html)', () => {
  it('knows services one by one', async () => {
    const client = await as({
      Action: ['ecs:UpdateService', 'ecs:DescribeServices', 'ecs:ListServiceDeployments'],
      Resource: `${arn}:service/default/mine`,
    });
    await client.send(new DescribeServicesCommand({ services: ['mine'] }));
    await client.send(
      new DescribeServicesCommand({ cluster: `${arn}:cluster/default`, services: [`${arn}:service/default/mine`] }),
    );
    await client.send(new ListServiceDeploymentsCommand({ service: 'mine' }));
    await client.send(new UpdateServiceCommand({ service: 'mine' }));
    for (const command of [
      new DescribeServicesCommand({ services: ['other'] }),
      new DescribeServicesCommand({ services: ['mine', 'other'] }),
    ]) {
      await expect(client.send(command)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    }
    await expect(client.send(new UpdateServiceCommand({ service: 'other' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('knows ListTasks by cluster, not by service', async () => {
    const byCluster = await as({ Action: 'ecs:ListTasks', Resource: '*', Condition: inCluster });
    expect((await byCluster.send(new ListTasksCommand({ serviceName: 'mine' }))).taskArns).toEqual([taskArn]);
    const byService = await as({ Action: 'ecs:ListTasks', Resource: `${arn}:service/default/mine` });
    await expect(byService.send(new ListTasksCommand({ serviceName: 'mine' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('knows tasks by cluster and id', async () => {
    const client = await as({ Action: 'ecs:DescribeTasks', Resource: `${arn}:task/default/*` });
    expect((await client.send(new DescribeTasksCommand({ tasks: [taskArn] }))).tasks).toHaveLength(1);
    await expect(client.send(new StopTaskCommand({ task: taskArn }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('wants both the service and its deployment for DescribeServiceDeployments', async () => {
    const command = new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [deploymentArn] });
    const deployment = {
      Action: 'ecs:DescribeServiceDeployments',
      Resource: `${arn}:service-deployment/default/mine/*`,
    };
    const service = { Action: 'ecs:DescribeServiceDeployments', Resource: `${arn}:service/default/mine` };
    expect((await (await as(deployment, service)).send(command)).serviceDeployments).toHaveLength(1);
    await expect((await as(deployment)).send(command)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('knows DescribeTaskDefinition only for everything', async () => {
    const client = await as({ Action: 'ecs:DescribeTaskDefinition', Resource: '*' });
    const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'mine' }));
    expect(taskDefinition?.family).toBe('mine');
  });

  it('wants iam:PassRole for a task definition with a role (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html)', async () => {
    const client = await as({ Action: 'ecs:RegisterTaskDefinition', Resource: '*' });
    const command = new RegisterTaskDefinitionCommand({
      family: 'passing',
      executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
      containerDefinitions: [{ name: 'app', command: app }],
    });
    await expect(client.send(command)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('iam:PassRole'),
    });
  });
});
