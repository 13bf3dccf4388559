import { ListServiceDeploymentsCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failureThreshold } from '../../../lib/simulator/ecs/circuit-breaker.ts';
import type { BusEvent } from '../../../lib/simulator/types.ts';
import { type Estate, present, quickChecks, startEstate } from './support/estate.ts';

vi.setConfig({ testTimeout: 40_000 });

let estate: Estate;
const events: BusEvent[] = [];
beforeAll(async () => {
  estate = await startEstate();
  estate.world.onEvent((event) => events.push(event));
});
afterAll(() => estate.world.close());

const targetGroup = { ...quickChecks, deregistrationDelayMs: 10 };
const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };

describe('the threshold (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html)', () => {
  it.each([
    { desired: 1, configured: undefined, threshold: 3 },
    { desired: 25, configured: undefined, threshold: 13 },
    { desired: 400, configured: undefined, threshold: 200 },
    { desired: 800, configured: undefined, threshold: 200 },
    { desired: 800, configured: { type: 'UNBOUNDED_PERCENT', value: 50 } as const, threshold: 400 },
    { desired: 800, configured: { type: 'COUNT', value: 5 } as const, threshold: 5 },
  ])('is $threshold for a desired count of $desired with $configured', ({ desired, configured, threshold }) => {
    const breaker = { enable: true, rollback: true, ...(configured && { thresholdConfiguration: configured }) };
    expect(failureThreshold(breaker, desired)).toBe(threshold);
  });
});

describe('the circuit breaker (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html)', () => {
  it('rolls back to the last completed deployment with a PRIMARY that looks complete', async () => {
    const { ecs, setUp, update, until, primary } = estate;
    const { balancer } = await setUp({
      serviceName: 'fragile',
      targetGroup,
      deploymentConfiguration,
    });
    await ecs.steady('fragile', 20_000);
    const before = await primary('fragile');
    let started = 0;
    const restore = ecs.onTaskStart('fragile', () => (started++ < 3 ? { environment: { UNHEALTHY: '1' } } : undefined));
    const updated = await update({
      service: 'fragile',
      forceNewDeployment: true,
      healthCheckGracePeriodSeconds: 1,
    });
    const failed = present(updated.deployments?.[0]);
    const reached = await until('the deployment has been rolled back', async () => {
      const found = await estate.serviceDeployment(updated.currentServiceDeployment);
      return found.status === 'ROLLBACK_SUCCESSFUL' && found;
    });
    restore();
    expect(reached).toMatchObject({
      deploymentCircuitBreaker: { status: 'TRIGGERED', failureCount: 3, threshold: 3 },
      rollback: { serviceRevisionArn: reached.sourceServiceRevisions?.[0]?.arn },
    });
    const rolledBack = await primary('fragile');
    expect(rolledBack).toMatchObject({ rolloutState: 'COMPLETED', runningCount: 1, failedTasks: 0 });
    expect([before.id, failed.id]).not.toContain(rolledBack.id);
    expect(Number(rolledBack.createdAt)).toBeGreaterThan(Number(failed.createdAt));
    expect((await fetch(present(balancer).url)).status).toBe(200);
    expect(ecs.restarts('fragile')).toBe(1);

    const heard = events
      .filter((event) => event['detail-type'] === 'ECS Deployment State Change')
      .filter((event) => event.resources[0]?.endsWith('/fragile'))
      .map(({ detail }) => [detail['eventName'], detail['deploymentId'], detail['reason']]);
    expect(heard.slice(2)).toEqual([
      ['SERVICE_DEPLOYMENT_IN_PROGRESS', failed.id, `ECS deployment ${failed.id} in progress.`],
      ['SERVICE_DEPLOYMENT_FAILED', failed.id, 'ECS deployment circuit breaker: tasks failed to start.'],
      [
        'SERVICE_DEPLOYMENT_IN_PROGRESS',
        rolledBack.id,
        `ECS deployment circuit breaker: rolling back to deploymentId ${before.id}.`,
      ],
      ['SERVICE_DEPLOYMENT_COMPLETED', rolledBack.id, `ECS deployment ${rolledBack.id} completed.`],
    ]);
  });

  it('keeps the old tasks when the tasks of the rollback do not come up either, since they start anew', async () => {
    const { ecs, setUp, update, until, service } = estate;
    const { balancer } = await setUp({
      serviceName: 'doomed',
      targetGroup,
      deploymentConfiguration,
    });
    await ecs.steady('doomed', 20_000);
    const old = present((await estate.tasks('doomed'))[0]);
    ecs.onTaskStart('doomed', () => ({ environment: { UNHEALTHY: '1' } }));
    const { currentServiceDeployment } = await update({
      service: 'doomed',
      forceNewDeployment: true,
      healthCheckGracePeriodSeconds: 0,
    });
    await until(
      'the rollback has failed',
      async () => (await estate.serviceDeployment(currentServiceDeployment)).status === 'ROLLBACK_FAILED',
    );
    expect((await service('doomed')).deployments?.[0]).toMatchObject({ status: 'PRIMARY', rolloutState: 'FAILED' });
    const running = (await estate.tasks('doomed')).filter((task) => task.healthStatus === 'HEALTHY');
    expect(running.map((task) => task.taskArn)).toEqual([old.taskArn]);
    expect((await fetch(present(balancer).url)).status).toBe(200);
  });

  it('without rollback leaves the deployment FAILED and its service deployment STOPPED', async () => {
    const { ecs, setUp, update, until, primary } = estate;
    await setUp({
      serviceName: 'stuck',
      targetGroup,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
    });
    await ecs.steady('stuck', 20_000);
    ecs.onTaskStart('stuck', () => ({ environment: { EXIT_WITH: '3' } }));
    const { currentServiceDeployment } = await update({ service: 'stuck', forceNewDeployment: true });
    await until('it has failed', async () => (await primary('stuck')).rolloutState === 'FAILED');
    expect(await estate.serviceDeployment(currentServiceDeployment)).toMatchObject({ status: 'STOPPED' });
    const tasks = await estate.tasks('stuck');
    expect(tasks.map(({ lastStatus, containers }) => [lastStatus, containers?.[0]?.exitCode])).toEqual([
      ['RUNNING', undefined],
      ['STOPPED', 3],
      ['STOPPED', 3],
      ['STOPPED', 3],
    ]);
  });

  it('when it is off a bad deployment stays IN_PROGRESS (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html, rolloutState)', async () => {
    const { ecs, client, setUp, update, until, primary } = estate;
    await setUp({ serviceName: 'endless', targetGroup });
    await ecs.steady('endless', 20_000);
    ecs.onTaskStart('endless', () => ({ command: ['/no/such/program'] }));
    await update({ service: 'endless', forceNewDeployment: true });
    // More than the threshold that the circuit breaker would have had.
    await until('five tasks have failed', async () => Number((await primary('endless')).failedTasks) >= 5);
    expect(await primary('endless')).toMatchObject({ rolloutState: 'IN_PROGRESS', runningCount: 0 });
    const { serviceDeployments } = await client.send(
      new ListServiceDeploymentsCommand({ service: 'endless', status: ['IN_PROGRESS'] }),
    );
    expect(serviceDeployments).toHaveLength(1);
    const failed = (await estate.tasks('endless')).find((task) => task.lastStatus === 'STOPPED');
    expect(failed).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringContaining('CannotStartContainerError'),
    });
  });
});
