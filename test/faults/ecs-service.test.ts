import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../lib/consumers/ecs-service/schema.ts';
import { registerEcs } from '../../lib/simulator/ecs/index.ts';
import { startSimulatedEcs } from '../consumers/ecs-service/simulated-ecs.ts';
import { buildHouse, type House } from '../support/house.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Ecs = Awaited<ReturnType<typeof startSimulatedEcs>>;
type Setup = Parameters<Ecs['estate']>[0];

/** The whole rotation and rollout with one real ECS service that gets the secret's user name injected. */
async function begin(setup: Setup = {}, deadlineSeconds = 20) {
  const house = await buildHouse({ rotationAttempts: 1, taskRetries: false });
  closing.push(() => house.close());
  const { secretArn, world, entry } = house;
  registerEcs(world);
  await world.listen();
  const ecs = await startSimulatedEcs(world);
  closing.push(() => ecs.stop());
  const service = await ecs.estate({ secret: { arn: secretArn, field: 'name' }, desiredCount: 1, ...setup });
  closing.push(() => service.remove());
  const [api] = house.consumers.values();
  if (api) api.asConsumer = () => service.consumer;
  const [consumer] = entry.waves.flat();
  Object.assign(consumer ?? {}, { config: service.config, deadlineSeconds });
  const old = await house.store.read(secretArn, { label: 'AWSCURRENT' });

  return {
    house,
    service,
    /** Tasks from now on exit when they start. Returns what ends that. */
    breakStarts: () => ecs.ecs.onTaskStart(service.config.service, () => ({ environment: { EXIT_WITH: '1' } })),
    /** The inventory names another service, and the policies with it. */
    async pointTo(config: Config) {
      const other = await ecs.consumerOf([config]);
      if (api) api.asConsumer = () => other;
      for (const each of entry.waves.flat()) each.config = config;
    },
    /** What works in the end: a name is current, and each of the two logs in or not. */
    async standing() {
      const current = await house.store.read(secretArn, { label: 'AWSCURRENT' });
      const [app, clone] = ['app', 'app_clone'].map((name) => house.target.accounts.get(name)?.enabled === true);
      return {
        current: current.parse(JSON.parse).name,
        currentLogin: house.target.accepts(current),
        oldLogin: house.target.accepts(old),
        enabled: { app, clone },
        results: house.records.map(({ result }) => result),
      };
    },
  };
}

const held = {
  current: 'app_clone',
  currentLogin: true,
  oldLogin: true,
  enabled: { app: true, clone: true },
  results: ['held'],
};
const wentBack = {
  current: 'app',
  currentLogin: true,
  oldLogin: true,
  enabled: { app: true, clone: false },
  results: ['rolled-back'],
};

async function turn(house: House) {
  const { status, error } = await house.turn();
  const cause = house.states.executionsOf().at(-1)?.failure?.cause ?? '';
  return { status, code: error, message: cause };
}

function rightBefore(house: House, op: string, strike: () => unknown): void {
  let struck = false;
  house.beforeInvoke = async (_, payload) => {
    if (struck || payload.op !== op) return;
    struck = true;
    await strike();
  };
}

it('a service that is well is moved, and only then the old credential is disabled', { timeout: 40_000 }, async () => {
  const { house, service, standing } = await begin();
  let atDisable: string[] = [];
  rightBefore(house, 'disable', async () => {
    atDisable = await service.runsOn();
  });
  expect(await turn(house)).toMatchObject({ status: 'SUCCEEDED' });
  expect(atDisable).toEqual(['app_clone']);
  expect(await standing()).toMatchObject({ current: 'app_clone', currentLogin: true, oldLogin: false });
  expect(await service.restarts()).toBe(1);
});

describe('a service that cannot be judged holds the rollout, with both credentials working and no restart:', {
  timeout: 40_000,
}, () => {
  const accept = { whenScaledToZero: { accept: 'a test: no task of it could start' }, desiredCount: 0 };

  it.each<[string, Setup, (world: Awaited<ReturnType<typeof begin>>) => unknown, string]>([
    ['it was deleted', {}, ({ service }) => service.remove(), 'is DRAINING'],
    ['it never existed', {}, ({ pointTo }) => pointTo({ cluster: 'main', service: 'misspelt' }), 'does not exist'],
    ['its desired count is 0', {}, ({ service }) => service.scaleToZero?.(), 'is scaled to zero'],
    [
      'its task definition pins a version id',
      { ...accept, valueFrom: '::11111111-2222-3333-4444-555555555555' },
      () => undefined,
      'pins version 11111111-2222-3333-4444-555555555555 of the secret',
    ],
    [
      'its task definition names another label',
      { ...accept, valueFrom: ':AWSPREVIOUS:' },
      () => undefined,
      'takes the version of the secret labelled AWSPREVIOUS',
    ],
    [
      'CodeDeploy deploys it',
      { ...accept, deploymentController: 'CODE_DEPLOY' },
      () => undefined,
      'deployed by CODE_DEPLOY',
    ],
    [
      'something external deploys it',
      { ...accept, deploymentController: 'EXTERNAL' },
      () => undefined,
      'deployed by EXTERNAL',
    ],
  ])('%s', async (_, setup, strike, says) => {
    const world = await begin(setup);
    rightBefore(world.house, 'plan', () => strike(world));
    const failure = await turn(world.house);
    expect(failure).toMatchObject({ code: 'ConsumerUnfit', message: expect.stringContaining(says) });
    expect(await world.standing()).toEqual(held);
    expect(await world.service.restarts().catch(() => 0)).toBe(0);
  });

  it('it is scaled to 0 during the soak', async () => {
    const { house, service, standing } = await begin();
    rightBefore(house, 'last-use', () => service.scaleToZero?.());
    expect(await turn(house)).toMatchObject({ code: 'ConsumerUnfit', message: /is scaled to zero/ });
    expect(await standing()).toEqual(held);
  });
});

describe('a service that does not come up sends the rollout back:', { timeout: 60_000 }, () => {
  const breaker = { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } };

  it.each<[string, Setup, number, RegExp]>([
    ['its circuit breaker fires and rolls back', breaker, 20, /is ROLLBACK_\w+: .*circuit breaker/],
    [
      'it never becomes steady, and has no circuit breaker',
      {},
      3,
      /^not converged in time: deployment \S+ is IN_PROGRESS/,
    ],
  ])('%s', async (_, setup, deadlineSeconds, says) => {
    const { house, service, breakStarts, standing } = await begin(setup, deadlineSeconds);
    const mend = breakStarts();
    rightBefore(house, 'move-back', mend);
    expect(await turn(house)).toMatchObject({ code: 'ConsumerFailed', message: expect.stringMatching(says) });
    expect(await standing()).toEqual(wentBack);
    expect(await service.runsOn()).toEqual(['app']);
    // And the next rotation is possible.
    expect(await turn(house)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await service.runsOn()).toEqual(['app_clone']);
  });
});

describe('a task that outlives its stop timeout', { timeout: 60_000 }, () => {
  it('is waited for until ECS has killed it: nothing is disabled while it lives', async () => {
    const { house, service, standing } = await begin({
      stopTimeoutSeconds: 2,
      environment: { STOP_AFTER_MS: '600000' },
    });
    const seen = new Set<string>();
    let atDisable: string[] = [];
    house.beforeInvoke = async (_, { op }) => {
      if (op === 'progress') seen.add((await service.runsOn()).join());
      if (op === 'disable') atDisable = await service.runsOn();
    };
    expect(await turn(house)).toMatchObject({ status: 'SUCCEEDED' });
    expect([...seen]).toContain('app,app_clone');
    expect(atDisable).toEqual(['app_clone']);
    expect(await standing()).toMatchObject({ currentLogin: true, oldLogin: false });
  });

  it('beyond the deadline fails the consumer; so does the way back, which holds with both credentials working', async () => {
    const { house, standing } = await begin({ stopTimeoutSeconds: 120, environment: { STOP_AFTER_MS: '600000' } }, 4);
    expect(await turn(house)).toMatchObject({
      code: 'ConsumerFailed',
      message: expect.stringMatching(/^not converged in time: .* tasks from before the promotion live/),
    });
    expect(await standing()).toEqual({ ...held, current: 'app' });
  });
});
