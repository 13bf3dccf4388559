import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Estate, present, quickChecks, startEstate } from './support/estate.ts';
import { startLoad } from './support/load.ts';

vi.setConfig({ testTimeout: 40_000 });

let estate: Estate;
beforeAll(async () => {
  estate = await startEstate();
});
afterAll(() => estate.world.close());

const targetGroup = { ...quickChecks, deregistrationDelayMs: 300 };

describe('a rolling deployment (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html)', () => {
  it('fails no request of clients that keep sending while two deployments replace every task', async () => {
    const { ecs, setUp, service } = estate;
    const { balancer } = await setUp({ serviceName: 'busy', desiredCount: 2, targetGroup });
    await ecs.steady('busy', 20_000);
    const load = startLoad(present(balancer).url, 8);
    await estate.until('both tasks have answered', async () => load.tasks() === 2);
    for (let round = 0; round < 2; round++) {
      const before = load.sent();
      await estate.update({ service: 'busy', forceNewDeployment: true });
      await ecs.steady('busy', 20_000);
      // On a fast machine the deployment is over before the load has seen much of it.
      await estate.until(
        '250 requests more, and an answer of both new tasks',
        async () => load.sent() > before + 250 && load.tasks() >= 2 * (round + 2),
      );
    }
    const { sent, failures, answeredBy } = await load.stop();
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(500);
    expect(answeredBy.size).toBe(6);
    expect((await service('busy')).runningCount).toBe(2);
    expect(ecs.restarts('busy')).toBe(2);
  });

  it('never has fewer healthy tasks than the minimum nor more than the maximum', async () => {
    const { ecs, setUp, service } = estate;
    await setUp({
      serviceName: 'bounded',
      desiredCount: 4,
      targetGroup: { ...targetGroup, deregistrationDelayMs: 20 },
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 125 },
    });
    await ecs.steady('bounded', 20_000);
    await estate.update({ service: 'bounded', forceNewDeployment: true });
    const seen = await estate.until('the deployment has completed', async () => {
      const { runningCount = 0, pendingCount = 0, deployments = [] } = await service('bounded');
      expect(runningCount).toBeGreaterThanOrEqual(2);
      expect(runningCount + pendingCount).toBeLessThanOrEqual(5);
      return deployments.length === 1 && deployments[0]?.rolloutState === 'COMPLETED' && deployments;
    });
    expect(seen[0]).toMatchObject({ status: 'PRIMARY', runningCount: 4, desiredCount: 4 });
  });

  it('lets a request that a draining task has begun come to its end', async () => {
    const { ecs, setUp } = estate;
    const { balancer } = await setUp({ serviceName: 'patient', targetGroup });
    await ecs.steady('patient', 20_000);
    const slow = fetch(`${present(balancer).url}/?ms=1500`);
    await estate.update({ service: 'patient', forceNewDeployment: true });
    const [old] = await estate.until('the old task is draining', async () => {
      const tasks = await estate.tasks('patient');
      return tasks[0]?.lastStatus === 'DEACTIVATING' && tasks;
    });
    expect((await slow).status).toBe(200);
    await estate.until('it has stopped', async () => (await estate.tasks('patient'))[0]?.lastStatus === 'STOPPED');
    expect((await estate.tasks('patient'))[0]).toMatchObject({
      taskArn: old?.taskArn,
      containers: [{ exitCode: 0 }],
    });
  });

  it('lists a task that is being stopped under the desired status STOPPED, also when the deployment has completed', async () => {
    const { ecs, setUp, primary } = estate;
    await setUp({ serviceName: 'lingering', targetGroup: { ...quickChecks, deregistrationDelayMs: 1_500 } });
    await ecs.steady('lingering', 20_000);
    await estate.update({ service: 'lingering', forceNewDeployment: true });
    await ecs.steady('lingering', 20_000);
    expect(await primary('lingering')).toMatchObject({ rolloutState: 'COMPLETED', runningCount: 1 });
    const [old, young] = await estate.tasks('lingering');
    expect(old).toMatchObject({
      desiredStatus: 'STOPPED',
      lastStatus: 'DEACTIVATING',
      stopCode: 'ServiceSchedulerInitiated',
    });
    expect(old?.stoppingAt).toBeInstanceOf(Date);
    expect(young).toMatchObject({ desiredStatus: 'RUNNING', lastStatus: 'RUNNING', healthStatus: 'HEALTHY' });
    const gone = await estate.until('it has stopped', async () => {
      const [first] = await estate.tasks('lingering');
      return first?.lastStatus === 'STOPPED' && first;
    });
    expect(gone.stoppedReason).toMatch(/^Scaling activity initiated by \(deployment ecs-svc\/\d{19}\)$/);
    expect(gone.stoppedAt).toBeInstanceOf(Date);
  });

  it('answers 502 when there is no healthy target', async () => {
    const { ecs, setUp } = estate;
    const { balancer } = await setUp({ serviceName: 'empty', targetGroup });
    await ecs.steady('empty', 20_000);
    await estate.update({ service: 'empty', desiredCount: 0 });
    await estate.until('no task runs', async () => (await estate.service('empty')).runningCount === 0);
    expect((await fetch(present(balancer).url)).status).toBe(502);
  });

  it('answers 502 when a task dies over a request, and does not send that request again', async () => {
    const { ecs, setUp } = estate;
    const { balancer } = await setUp({ serviceName: 'dying', desiredCount: 2, targetGroup });
    await ecs.steady('dying', 20_000);
    const { url } = present(balancer);
    const pids = new Set<number>();
    while (pids.size < 2) pids.add(((await (await fetch(url)).json()) as { pid: number }).pid);
    const answer = fetch(`${url}/?ms=20000`);
    await estate.until('a task has the request', async () => ecs.logs('dying').includes('was asked for 20000'));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect((await answer).status).toBe(502);
    expect(ecs.logs('dying').match(/was asked for 20000/g)).toHaveLength(1);
  });

  it('replaces a task that ends by itself', async () => {
    const { ecs, setUp } = estate;
    const { balancer } = await setUp({ serviceName: 'mortal', targetGroup });
    await ecs.steady('mortal', 20_000);
    const { pid } = (await (await fetch(present(balancer).url)).json()) as { pid: number };
    process.kill(pid, 'SIGKILL');
    const successor = await estate.until('another task answers', async () => {
      const answer = await fetch(present(balancer).url);
      if (answer.status !== 200) return undefined;
      const found = (await answer.json()) as { pid: number };
      return found.pid !== pid && found;
    });
    expect(successor.pid).not.toBe(pid);
    const [first] = await estate.tasks('mortal');
    expect(first).toMatchObject({ stopCode: 'EssentialContainerExited', containers: [{ exitCode: 137 }] });
  });

  it('replaces a task of the version before by that version while the new one does not come up (https://aws.amazon.com/about-aws/whats-new/2025/11/amazon-ecs-service-availability-rolling-deployments)', async () => {
    const { ecs, setUp, primary } = estate;
    const { balancer } = await setUp({
      serviceName: 'resilient',
      targetGroup: { ...targetGroup, unhealthyThreshold: 1_000 },
    });
    await ecs.steady('resilient', 20_000);
    const before = await primary('resilient');
    const restore = ecs.onTaskStart('resilient', ({ deploymentId }) =>
      deploymentId === before.id ? undefined : { environment: { UNHEALTHY: '1' } },
    );
    await estate.update({ service: 'resilient', forceNewDeployment: true });
    const { pid } = (await (await fetch(present(balancer).url)).json()) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await estate.until(
      'the old version answers again',
      async () => (await fetch(present(balancer).url)).status === 200,
    );
    const running = (await estate.tasks('resilient')).filter(
      (task) => task.healthStatus === 'HEALTHY' && task.desiredStatus === 'RUNNING',
    );
    expect(running.map((task) => task.startedBy)).toEqual([before.id]);
    restore();
  });
});
