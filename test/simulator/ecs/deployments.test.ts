import {
  DeleteServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ListServiceDeploymentsCommand,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { app, type Estate, present, quickChecks, startEstate } from './support/estate.ts';

vi.setConfig({ testTimeout: 40_000 });

let estate: Estate;
beforeAll(async () => {
  estate = await startEstate();
});
afterAll(() => estate.world.close());

const targetGroup = { ...quickChecks, deregistrationDelayMs: 10 };
const never = { ...targetGroup, unhealthyThreshold: 1_000 };

describe('UpdateService (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html)', () => {
  it('starts a deployment with forceNewDeployment and shows it as PRIMARY beside the ACTIVE one', async () => {
    const { ecs, setUp, update, serviceDeployment } = estate;
    await setUp({ serviceName: 'forced', targetGroup });
    await ecs.steady('forced', 20_000);
    const before = await estate.service('forced');
    const after = await update({ service: 'forced', forceNewDeployment: true });
    expect(after.deployments?.map(({ status, rolloutState }) => [status, rolloutState])).toEqual([
      ['PRIMARY', 'IN_PROGRESS'],
      ['ACTIVE', 'COMPLETED'],
    ]);
    expect(after.deployments?.[0]?.id).toMatch(/^ecs-svc\/\d{19}$/);
    expect(after.deployments?.[1]?.id).toBe(before.deployments?.[0]?.id);
    expect(after.taskDefinition).toBe(before.taskDefinition);
    expect(after.currentServiceDeployment).toMatch(
      /^arn:aws:ecs:us-east-1:123456789012:service-deployment\/default\/forced\/[\w-]{21}$/,
    );
    expect(after.currentServiceDeployment).not.toBe(before.currentServiceDeployment);
    await ecs.steady('forced', 20_000);
    const done = await serviceDeployment(after.currentServiceDeployment);
    expect(done).toMatchObject({
      status: 'SUCCESSFUL',
      sourceServiceRevisions: [{}],
      targetServiceRevision: { runningTaskCount: 1 },
    });
    expect(Number(done.startedAt)).toBeGreaterThanOrEqual(Number(done.createdAt));
    expect(Number(done.finishedAt)).toBeGreaterThanOrEqual(Number(done.startedAt));
  });

  it('is not idempotent: a newer deployment supersedes one that runs, whose service deployment is STOPPED (https://github.com/kayac/ecspresso/issues/899)', async () => {
    const { ecs, client, setUp, update, serviceDeployment } = estate;
    await setUp({ serviceName: 'hurried', targetGroup });
    await ecs.steady('hurried', 20_000);
    const first = await update({ service: 'hurried', forceNewDeployment: true });
    const second = await update({ service: 'hurried', forceNewDeployment: true });
    expect(second.deployments?.map(({ id, status, rolloutState }) => [id, status, rolloutState])).toEqual([
      [second.deployments?.[0]?.id, 'PRIMARY', 'IN_PROGRESS'],
      [first.deployments?.[0]?.id, 'ACTIVE', 'IN_PROGRESS'],
      [first.deployments?.[1]?.id, 'ACTIVE', 'COMPLETED'],
    ]);
    expect(await serviceDeployment(first.currentServiceDeployment)).toMatchObject({
      status: 'STOPPED',
      finishedAt: expect.any(Date),
    });
    await ecs.steady('hurried', 20_000);
    expect((await serviceDeployment(second.currentServiceDeployment)).status).toBe('SUCCESSFUL');
    const { serviceDeployments = [] } = await client.send(new ListServiceDeploymentsCommand({ service: 'hurried' }));
    expect(serviceDeployments.map(({ status }) => status)).toEqual(['SUCCESSFUL', 'STOPPED', 'SUCCESSFUL']);
    const living = (await estate.tasks('hurried')).filter((task) => task.desiredStatus === 'RUNNING');
    expect(living.map((task) => task.startedBy)).toEqual([second.deployments?.[0]?.id]);
    expect(ecs.restarts('hurried')).toBe(2);
  });

  it('changes the desired count without a deployment, to zero and back', async () => {
    const { ecs, setUp, update, until, service } = estate;
    await setUp({ serviceName: 'elastic', desiredCount: 2, targetGroup });
    await ecs.steady('elastic', 20_000);
    const before = await service('elastic');
    const zero = await update({ service: 'elastic', desiredCount: 0 });
    expect(zero.currentServiceDeployment).toBe(before.currentServiceDeployment);
    await until('every task has stopped', async () =>
      (await estate.tasks('elastic')).every((task) => task.lastStatus === 'STOPPED'),
    );
    expect(await service('elastic')).toMatchObject({ desiredCount: 0, runningCount: 0, pendingCount: 0 });
    await update({ service: 'elastic', desiredCount: 3 });
    await until('three tasks run', async () => (await service('elastic')).runningCount === 3);
    expect((await service('elastic')).deployments).toHaveLength(1);
    expect((await service('elastic')).deployments?.[0]?.id).toBe(before.deployments?.[0]?.id);
    expect(ecs.restarts('elastic')).toBe(0);
  });

  it('completes a deployment of a service that is scaled to zero at once', async () => {
    const { ecs, setUp, update, primary } = estate;
    await setUp({ serviceName: 'nothing', desiredCount: 0 });
    await ecs.steady('nothing', 20_000);
    await update({ service: 'nothing', forceNewDeployment: true });
    await ecs.steady('nothing', 20_000);
    expect(await primary('nothing')).toMatchObject({ desiredCount: 0, runningCount: 0, rolloutState: 'COMPLETED' });
    expect(await estate.tasks('nothing')).toEqual([]);
  });

  it('deploys another task definition', async () => {
    const { ecs, client, setUp, update } = estate;
    const { balancer } = await setUp({ serviceName: 'revised', targetGroup });
    await ecs.steady('revised', 20_000);
    const { taskDefinition } = await client.send(
      new RegisterTaskDefinitionCommand({
        family: 'revised',
        containerDefinitions: [{ name: 'app', command: app, environment: [{ name: 'GREETING', value: 'second' }] }],
      }),
    );
    expect(taskDefinition?.taskDefinitionArn).toMatch(/task-definition\/revised:2$/);
    await update({ service: 'revised', taskDefinition: 'revised:2' });
    await ecs.steady('revised', 20_000);
    expect(await (await fetch(present(balancer).url)).json()).toMatchObject({ greeting: 'second' });
    expect((await estate.service('revised')).taskDefinition).toBe(taskDefinition?.taskDefinitionArn);
    const newest = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'revised' }));
    expect(newest.taskDefinition).toMatchObject({ revision: 2, status: 'ACTIVE', family: 'revised' });
  });

  it.each([
    [
      { forceNewDeployment: true },
      'Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.',
    ],
    // https://github.com/boto/boto3/issues/1936
    [
      { taskDefinition: 'bluegreen' },
      'Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.',
    ],
  ])('refuses %o for a service that CodeDeploy deploys', async (input, message) => {
    const { client, ecs, setUp, service, until } = estate;
    if (
      !(await client.send(new ListServicesCommand({ maxResults: 100 }))).serviceArns?.some((arn) =>
        arn.endsWith('/bluegreen'),
      )
    ) {
      await setUp({ serviceName: 'bluegreen', deploymentController: 'CODE_DEPLOY', targetGroup });
    }
    await until('its task runs', async () => (await service('bluegreen')).runningCount === 1);
    expect(await service('bluegreen')).toMatchObject({
      deployments: [],
      deploymentController: { type: 'CODE_DEPLOY' },
    });
    await expect(client.send(new UpdateServiceCommand({ service: 'bluegreen', ...input }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message,
    });
    expect(ecs.restarts('bluegreen')).toBe(0);
  });
});

describe('StopServiceDeployment (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html)', () => {
  it('rolls a deployment back although no circuit breaker is configured', async () => {
    const { ecs, client, setUp, update, until, serviceDeployment } = estate;
    await setUp({ serviceName: 'regretted', targetGroup: never });
    await ecs.steady('regretted', 20_000);
    const restore = ecs.onTaskStart('regretted', () => ({ environment: { UNHEALTHY: '1' } }));
    const { currentServiceDeployment: arn } = await update({ service: 'regretted', forceNewDeployment: true });
    await until('it is in progress', async () => (await serviceDeployment(arn)).status === 'IN_PROGRESS');
    const stop = new StopServiceDeploymentCommand({ serviceDeploymentArn: arn, stopType: 'ROLLBACK' });
    expect((await client.send(stop)).serviceDeploymentArn).toBe(arn);
    expect((await serviceDeployment(arn)).status).toMatch(/^ROLLBACK_/);
    restore();
    await ecs.steady('regretted', 20_000);
    expect((await serviceDeployment(arn)).status).toBe('ROLLBACK_SUCCESSFUL');
    await expect(client.send(stop)).rejects.toMatchObject({ name: 'ConflictException' });
  });

  it('knows no other deployment', async () => {
    const { client } = estate;
    const serviceDeploymentArn = 'arn:aws:ecs:us-east-1:123456789012:service-deployment/default/forced/none';
    await expect(client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }))).rejects.toMatchObject({
      name: 'ServiceDeploymentNotFoundException',
    });
    const described = await client.send(
      new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [serviceDeploymentArn] }),
    );
    expect(described).toMatchObject({ serviceDeployments: [], failures: [{ reason: 'MISSING' }] });
  });
});

describe('services that are not there', () => {
  it('are failures of DescribeServices and errors elsewhere', async () => {
    const { client } = estate;
    const described = await client.send(new DescribeServicesCommand({ services: ['forced', 'nobody'] }));
    expect(described.services?.map((service) => service.serviceName)).toEqual(['forced']);
    expect(described.failures).toEqual([
      { arn: 'arn:aws:ecs:us-east-1:123456789012:service/default/nobody', reason: 'MISSING' },
    ]);
    await expect(client.send(new UpdateServiceCommand({ service: 'nobody' }))).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    });
    await expect(
      client.send(new DescribeServicesCommand({ cluster: 'nowhere', services: ['forced'] })),
    ).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
  });

  it('a deleted service drains and is INACTIVE, and no longer ACTIVE for UpdateService', async () => {
    const { client, ecs, setUp, until, service } = estate;
    await setUp({ serviceName: 'leaving', targetGroup });
    await ecs.steady('leaving', 20_000);
    await expect(client.send(new DeleteServiceCommand({ service: 'leaving' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    const deleted = await client.send(new DeleteServiceCommand({ service: 'leaving', force: true }));
    expect(deleted.service?.status).toBe('DRAINING');
    await until('it is INACTIVE', async () => (await service('leaving')).status === 'INACTIVE');
    await expect(client.send(new UpdateServiceCommand({ service: 'leaving' }))).rejects.toMatchObject({
      name: 'ServiceNotActiveException',
    });
  });
});
