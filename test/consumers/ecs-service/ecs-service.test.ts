import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress, Ticket } from '../../../lib/core/consumer.ts';
import { type EcsEstate, startSimulatedEcs } from './simulated-ecs.ts';

let ecs: Awaited<ReturnType<typeof startSimulatedEcs>>;
beforeAll(async () => {
  ecs = await startSimulatedEcs();
});
afterAll(() => ecs.stop());

async function promote(estate: EcsEstate, deadlineMs = 30_000) {
  const version = await estate.promote();
  const promotedAtMs = Date.now() + 2;
  while (Date.now() <= promotedAtMs) await new Promise((resolve) => setTimeout(resolve, 2));
  return { ...version, views: [], promotedAtMs, deadlineAtMs: promotedAtMs + deadlineMs };
}

async function settle({ consumer, config }: EcsEstate, ticket: Ticket): Promise<Progress> {
  for (const until = Date.now() + 20_000; Date.now() < until; ) {
    const progress = await consumer.progress(config, ticket);
    if (progress.state !== 'pending') return progress;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('pending for ever');
}

/** Returns what ends it. */
function exitAtStart({ config }: EcsEstate): () => void {
  return ecs.ecs.onTaskStart(config.service, () => ({ environment: { EXIT_WITH: '1' } }));
}

const breaker = (rollback: boolean) => ({
  deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback } },
});

describe('a circuit breaker', () => {
  it('that rolls back makes it failed, although every task of the rollback is young and well', {
    timeout: 40_000,
  }, async () => {
    const estate = await ecs.estate(breaker(true));
    const { consumer, config } = estate;
    const version = await promote(estate);
    const mend = exitAtStart(estate);
    const ticket = await consumer.start(config, version);
    const progress = await settle(estate, ticket);
    expect(progress).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/is ROLLBACK_\w+: .*circuit breaker/),
    });
    mend();
    await ecs.ecs.steady(config.service, 20_000, config.cluster);
    expect(await consumer.progress(config, ticket)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('ROLLBACK_SUCCESSFUL'),
    });
    expect(await consumer.adopt(config, version)).toBeUndefined();
    await estate.remove();
  });

  it('that only stops makes it failed long before the deadline', { timeout: 40_000 }, async () => {
    const estate = await ecs.estate(breaker(false));
    const version = await promote(estate);
    exitAtStart(estate);
    const ticket = await estate.consumer.start(estate.config, version);
    expect(await settle(estate, ticket)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/circuit breaker/),
    });
    await estate.remove();
  });
});

describe('a task definition', () => {
  it.each<[string, string, string]>([
    ['the old version by its id', '::11111111-2222-3333-4444-555555555555', 'container app-\\d+ pins version 11111111'],
    ['a label other than AWSCURRENT', ':AWSPREVIOUS:', 'takes the version of the secret labelled AWSPREVIOUS'],
  ])('that takes %s is unfit, before anything is restarted', async (_, valueFrom, reason) => {
    // No task of it can start, so none is wanted.
    const estate = await ecs.estate({ valueFrom, desiredCount: 0, whenScaledToZero: { accept: 'a test' } });
    const version = await promote(estate);
    const unfit = { code: 'ConsumerUnfit', message: expect.stringMatching(new RegExp(reason)) };
    await expect(estate.consumer.adopt(estate.config, version)).rejects.toMatchObject(unfit);
    await expect(estate.consumer.start(estate.config, version)).rejects.toMatchObject(unfit);
    expect(await estate.restarts()).toBe(0);
    await estate.remove();
  });

  it.each([
    ['a version', '::11111111-2222-3333-4444-555555555555', 'pins version 11111111-2222-3333-4444-555555555555'],
    ['a label', ':AWSPREVIOUS:', 'takes the version'],
  ])('that pins %s of a view is unfit; of a secret with a longer name it is not', async (_, valueFrom, what) => {
    const viewed = await ecs.estate({ valueFrom, desiredCount: 0, whenScaledToZero: { accept: 'a test' } });
    const { secretArn: viewArn, ...version } = await promote(viewed);
    const view = (viewArn.split(':').at(-1) ?? '').replace(/-[A-Za-z0-9]{6}$/, '');
    const reading = (views: string[]) => ({ ...version, secretArn: `${viewArn.slice(0, -6)}source-AbCdEf`, views });
    await expect(viewed.consumer.adopt(viewed.config, reading([view]))).rejects.toMatchObject({
      code: 'ConsumerUnfit',
      message: expect.stringMatching(new RegExp(`${what} .*view ${view}`)),
    });
    expect(await viewed.consumer.adopt(viewed.config, reading([view.slice(0, -1)]))).toBeUndefined();
    await viewed.remove();
  });

  it('that names AWSCURRENT, or pins another secret, is fit', async () => {
    const other = await ecs.estate({ desiredCount: 0, whenScaledToZero: { accept: 'a test' } });
    const estate = await ecs.estate({ valueFrom: ':AWSCURRENT:' });
    const version = await promote(estate);
    expect(await estate.consumer.adopt(estate.config, version)).toBeUndefined();
    expect(await estate.consumer.adopt(estate.config, { ...version, secretArn: other.secretArn })).toBeUndefined();
    await estate.remove();
    await other.remove();
  });
});

it.each(['CODE_DEPLOY', 'EXTERNAL'] as const)('the deployment controller %s is unfit', async (deploymentController) => {
  const estate = await ecs.estate({ deploymentController, desiredCount: 0 });
  const version = await promote(estate);
  await expect(estate.consumer.adopt(estate.config, version)).rejects.toMatchObject({
    code: 'ConsumerUnfit',
    message: expect.stringContaining(`deployed by ${deploymentController}`),
  });
  await estate.remove();
});

it('a service scaled to zero is converged when that is accepted, once its last task has stopped', {
  timeout: 30_000,
}, async () => {
  // A second of draining: long enough for a look while the tasks live.
  const estate = await ecs.estate({
    whenScaledToZero: { accept: 'runs on Mondays' },
    targetGroup: { healthPath: '/', intervalMs: 30, deregistrationDelayMs: 1_000 },
  });
  const version = await promote(estate);
  await estate.scaleToZero?.();
  const ticket = await estate.consumer.start(estate.config, version);
  expect(await estate.consumer.progress(estate.config, ticket)).toMatchObject({ state: 'pending' });
  expect(await settle(estate, ticket)).toEqual({
    state: 'converged',
    detail: expect.stringContaining('runs on Mondays'),
  });
  expect(await estate.runsOn()).toEqual([]);
  await estate.remove();
});

it('a service of which the policy does not speak is AccessDenied, by the name of the action', async () => {
  const estate = await ecs.estate();
  const stranger = await ecs.consumerOf([{ cluster: 'main', service: 'another' }]);
  const version = await promote(estate);
  await expect(stranger.start(estate.config, version)).rejects.toMatchObject({
    code: 'AccessDenied',
    message: expect.stringContaining('ecs:DescribeServices'),
  });
  expect(await estate.restarts()).toBe(0);
  await estate.remove();
});

it('a cluster that does not exist is unfit', async () => {
  const config = { cluster: 'nowhere', service: 'app' };
  const consumer = await ecs.consumerOf([config]);
  const version = { secretArn: 'arn', versionId: 'v', views: [], promotedAtMs: 0, deadlineAtMs: 1 };
  await expect(consumer.progress(config, version)).rejects.toMatchObject({ code: 'ConsumerUnfit' });
});
