import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideProgress, refreshUnderWay } from '../../../lib/consumers/ecs-service/progress.ts';
import type { Config } from '../../../lib/consumers/ecs-service/schema.ts';
import type { Scene, ServiceDeployment, ServiceState, Task } from '../../../lib/consumers/ecs-service/state.ts';

const promotedAtMs = 100_000;
const deadlineAtMs = 200_000;
const version = {
  secretArn: 'arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf',
  versionId: 'v2',
  views: [],
  promotedAtMs,
  deadlineAtMs,
};
const config: Config = { cluster: 'main', service: 'app' };
const accepting: Config = { ...config, whenScaledToZero: { accept: 'runs on Mondays' } };

const service: ServiceState = {
  status: 'ACTIVE',
  controller: 'ECS',
  desiredCount: 2,
  taskDefinition: 'app:1',
  primary: { createdAtMs: 101_000, rolloutState: 'COMPLETED', reason: undefined },
  currentServiceDeployment: 'arn:x/one',
};
const one: ServiceDeployment = {
  arn: 'arn:x/one',
  status: 'SUCCESSFUL',
  reason: undefined,
  createdAtMs: 101_000,
  finishedAtMs: 120_000,
};
const young: Task = { arn: 'arn:t/young', createdAtMs: 102_000, lastStatus: 'RUNNING', desiredStatus: 'RUNNING' };
const old: Task = { arn: 'arn:t/old', createdAtMs: 99_999, lastStatus: 'RUNNING', desiredStatus: 'RUNNING' };

function scene(changes: {
  service?: Partial<ServiceState>;
  deployments?: Partial<ServiceDeployment>[];
  tasks?: Task[];
}): Scene {
  return {
    service: { ...service, ...changes.service },
    deployments: (changes.deployments ?? [{}]).map((each) => ({ ...one, ...each })),
    tasks: changes.tasks ?? [young, { ...young, arn: 'arn:t/other' }],
  };
}

const decide = (changes: Parameters<typeof scene>[0], nowMs = 150_000, by = config) =>
  decideProgress(by, version, scene(changes), nowMs);

describe('converged', () => {
  it.each<[string, Parameters<typeof scene>[0]]>([
    ['the newest deployment has succeeded and every task is young', {}],
    [
      'a task was created in the very millisecond of the promotion',
      { tasks: [{ ...young, createdAtMs: promotedAtMs }] },
    ],
    [
      'a young task is being stopped beside one that runs',
      { tasks: [young, { ...young, lastStatus: 'STOPPING', desiredStatus: 'STOPPED' }] },
    ],
    [
      'an earlier deployment was rolled back, and the newest one is somebody else’s that has succeeded',
      { deployments: [{ status: 'ROLLBACK_SUCCESSFUL' }, { arn: 'arn:x/two', createdAtMs: 110_000 }] },
    ],
    [
      'a superseded one is listed after the newest',
      { deployments: [{ arn: 'arn:x/two', createdAtMs: 110_000 }, { status: 'STOPPED' }] },
    ],
    [
      'ECS gives the primary deployment no rollout state (a Classic Load Balancer)',
      { service: { primary: { createdAtMs: 101_000, rolloutState: undefined, reason: undefined } } },
    ],
  ])('when %s', (_, changes) => {
    expect(decide(changes)).toMatchObject({ state: 'converged' });
  });

  it('also after the deadline', () => {
    expect(decide({}, deadlineAtMs + 1)).toMatchObject({ state: 'converged' });
  });
});

describe('pending before the deadline, failed after it', () => {
  it.each<[string, Parameters<typeof scene>[0], string]>([
    ['no deployment was started since the promotion', { deployments: [] }, 'no deployment since the promotion'],
    [
      'the only one was started a millisecond before it',
      { deployments: [{ createdAtMs: 99_999 }] },
      'no deployment since the promotion',
    ],
    ['the deployment waits', { deployments: [{ status: 'PENDING' }] }, 'deployment one is PENDING'],
    ['the deployment is under way', { deployments: [{ status: 'IN_PROGRESS' }] }, 'deployment one is IN_PROGRESS'],
    [
      'the deployment is about to be stopped',
      { deployments: [{ status: 'STOP_REQUESTED' }] },
      'deployment one is STOP_REQUESTED',
    ],
    [
      'the deployment has a status that is not known yet',
      { deployments: [{ status: 'NOVEL' }] },
      'deployment one is NOVEL',
    ],
    [
      'a newer one is under way, though ours has succeeded',
      { deployments: [{}, { arn: 'arn:x/two', status: 'IN_PROGRESS', createdAtMs: 110_000 }] },
      'deployment two is IN_PROGRESS',
    ],
    [
      'a newer one has begun that is not listed yet',
      { service: { primary: { createdAtMs: 120_001, rolloutState: 'IN_PROGRESS', reason: undefined } } },
      'a newer deployment has begun',
    ],
    [
      'ours was superseded by one that is not listed yet',
      { service: { currentServiceDeployment: 'arn:x/two' }, deployments: [{ status: 'STOPPED' }] },
      'deployment one was superseded',
    ],
    [
      'a task from before the promotion runs',
      { tasks: [young, old] },
      '1 tasks from before the promotion live, such as old (RUNNING)',
    ],
    [
      'a task from before the promotion is draining',
      { tasks: [young, { ...old, lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' }] },
      'such as old (DEACTIVATING)',
    ],
    [
      'a task does not say when it was created',
      { tasks: [young, { ...young, createdAtMs: undefined }] },
      'from before the promotion',
    ],
    ['no task is left', { tasks: [] }, 'no task is running'],
    ['no task has come up', { tasks: [{ ...young, lastStatus: 'PENDING' }] }, 'no task is running'],
    ['the only task is being stopped', { tasks: [{ ...young, desiredStatus: 'STOPPED' }] }, 'no task is running'],
  ])('when %s', (_, changes, detail) => {
    expect(decide(changes)).toEqual({ state: 'pending', detail: expect.stringContaining(detail) });
    expect(decide(changes, deadlineAtMs)).toEqual({
      state: 'failed',
      reason: expect.stringMatching(new RegExp(`^not converged in time: .*${detail.replace(/[()]/g, '\\$&')}`)),
    });
  });
});

describe('failed at once', () => {
  it.each(['ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'])(
    'when the newest deployment is %s, however complete its tasks look',
    (status) => {
      expect(decide({ deployments: [{ status, reason: 'the circuit breaker' }] })).toEqual({
        state: 'failed',
        reason: `deployment one is ${status}: the circuit breaker`,
      });
    },
  );

  it('when the newest deployment was stopped and no other took its place', () => {
    expect(decide({ deployments: [{ status: 'STOPPED' }] })).toMatchObject({ state: 'failed' });
    expect(
      decide({ service: { currentServiceDeployment: undefined }, deployments: [{ status: 'STOPPED' }] }),
    ).toMatchObject({ state: 'failed' });
  });

  it('when the circuit breaker failed it', () => {
    const primary = { createdAtMs: 101_000, rolloutState: 'FAILED', reason: 'tasks failed to start' };
    expect(decide({ service: { primary }, deployments: [{ status: 'IN_PROGRESS' }] })).toEqual({
      state: 'failed',
      reason: 'deployment one FAILED: tasks failed to start',
    });
  });
});

describe('unfit', () => {
  it.each<[string, Partial<ServiceState>, string]>([
    ['is not there', { status: 'MISSING' }, 'does not exist'],
    ['was deleted', { status: 'INACTIVE' }, 'is INACTIVE'],
    ['is being deleted', { status: 'DRAINING' }, 'is DRAINING'],
    ['is deployed by CodeDeploy', { controller: 'CODE_DEPLOY' }, 'deployed by CODE_DEPLOY'],
    ['is deployed by somebody else', { controller: 'EXTERNAL' }, 'deployed by EXTERNAL'],
    ['is scaled to zero', { desiredCount: 0 }, 'is scaled to zero'],
  ])('when the service %s, also after the deadline', (_, change, reason) => {
    for (const nowMs of [150_000, deadlineAtMs]) {
      expect(decide({ service: change }, nowMs)).toEqual({ state: 'unfit', reason: expect.stringContaining(reason) });
    }
  });

  it('when it is scaled to zero and that is stated to hold', () => {
    expect(decide({ service: { desiredCount: 0 } }, 150_000, { ...config, whenScaledToZero: 'hold' })).toMatchObject({
      state: 'unfit',
    });
  });
});

describe('scaled to zero, and that is accepted for a reason', () => {
  const empty = { service: { desiredCount: 0 } };

  it('is converged when no task lives, and says the reason', () => {
    expect(decide({ ...empty, deployments: [], tasks: [] }, 150_000, accepting)).toEqual({
      state: 'converged',
      detail: 'scaled to zero, no task lives; accepted: runs on Mondays',
    });
  });

  it('is pending while any task lives, whatever its age, and failed at the deadline', () => {
    expect(decide({ ...empty, tasks: [young] }, 150_000, accepting)).toMatchObject({ state: 'pending' });
    expect(decide({ ...empty, tasks: [young] }, deadlineAtMs, accepting)).toMatchObject({ state: 'failed' });
  });

  it('is judged by its deployment once it is scaled up', () => {
    expect(decide({ deployments: [] }, 150_000, accepting)).toMatchObject({ state: 'pending' });
    expect(decide({}, 150_000, accepting)).toMatchObject({ state: 'converged' });
  });
});

describe('a refresh that is under way', () => {
  it.each<[string, Partial<ServiceDeployment>[], string | undefined]>([
    ['none', [], undefined],
    ['one from before the promotion', [{ createdAtMs: 99_999 }], undefined],
    ['one that waits', [{ status: 'PENDING' }], 'arn:x/one'],
    ['one that runs', [{ status: 'IN_PROGRESS' }], 'arn:x/one'],
    ['one that has succeeded', [{}], 'arn:x/one'],
    ['one that was rolled back', [{ status: 'ROLLBACK_SUCCESSFUL' }], undefined],
    ['one that is being rolled back', [{ status: 'ROLLBACK_IN_PROGRESS' }], undefined],
    ['one that was stopped', [{ status: 'STOPPED' }], undefined],
    [
      'the newest of two',
      [{ arn: 'arn:x/two', createdAtMs: 110_000, status: 'PENDING' }, { status: 'STOPPED' }],
      'arn:x/two',
    ],
    [
      'a newest one that was rolled back, after one that had succeeded',
      [{}, { createdAtMs: 110_000, status: 'ROLLBACK_SUCCESSFUL' }],
      undefined,
    ],
  ])('%s', (_, deployments, arn) => {
    expect(refreshUnderWay(version, scene({ deployments }).deployments)?.arn).toBe(arn);
  });
});

describe('whatever ECS says', () => {
  const instants = fc.integer({ min: 90_000, max: 130_000 });
  const anyDeployment: fc.Arbitrary<ServiceDeployment> = fc.record({
    arn: fc.uuid().map((id) => `arn:x/${id}`),
    status: fc.constantFrom(
      'PENDING',
      'IN_PROGRESS',
      'SUCCESSFUL',
      'STOP_REQUESTED',
      'STOPPED',
      'ROLLBACK_IN_PROGRESS',
      'ROLLBACK_SUCCESSFUL',
      'NOVEL',
    ),
    reason: fc.constant(undefined),
    createdAtMs: instants,
    finishedAtMs: fc.option(instants, { nil: undefined }),
  });
  const anyTask: fc.Arbitrary<Task> = fc.record({
    arn: fc.uuid().map((id) => `arn:t/${id}`),
    createdAtMs: fc.option(instants, { nil: undefined, freq: 10 }),
    lastStatus: fc.constantFrom('PROVISIONING', 'PENDING', 'RUNNING', 'DEACTIVATING', 'STOPPING'),
    desiredStatus: fc.constantFrom('RUNNING', 'STOPPED'),
  });
  const anyScene: fc.Arbitrary<Scene> = fc.record({
    service: fc.record({
      status: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'DRAINING'),
      controller: fc.constantFrom('ECS', 'ECS', 'ECS', 'CODE_DEPLOY'),
      desiredCount: fc.nat(2),
      taskDefinition: fc.constant('app:1'),
      primary: fc.option(
        fc.record({
          createdAtMs: instants,
          rolloutState: fc.constantFrom('IN_PROGRESS', 'COMPLETED', 'FAILED', undefined),
          reason: fc.constant(undefined),
        }),
        { nil: undefined },
      ),
      currentServiceDeployment: fc.constantFrom(undefined, 'arn:x/other'),
    }),
    deployments: fc.array(anyDeployment, { maxLength: 3 }),
    tasks: fc.array(anyTask, { maxLength: 4 }),
  });
  const check = (property: fc.IProperty<unknown>) => fc.assert(property, { numRuns: 2000 });
  const anyConfig = fc.constantFrom(config, accepting);
  const anyNow = fc.integer({ min: 100_000, max: 250_000 });

  it('no task from before the promotion lives when it is converged', () => {
    check(
      fc.property(anyConfig, anyScene, anyNow, (by, seen, nowMs) => {
        if (decideProgress(by, version, seen, nowMs).state !== 'converged') return;
        for (const { createdAtMs } of seen.tasks) expect(createdAtMs).toBeGreaterThanOrEqual(promotedAtMs);
      }),
    );
  });

  it('the newest deployment has succeeded, or nothing is wanted and nothing lives, when it is converged', () => {
    check(
      fc.property(anyConfig, anyScene, anyNow, (by, seen, nowMs) => {
        if (decideProgress(by, version, seen, nowMs).state !== 'converged') return;
        if (seen.service.desiredCount === 0) {
          expect([by, seen.tasks]).toEqual([accepting, []]);
          return;
        }
        const newest = Math.max(...seen.deployments.map(({ createdAtMs }) => createdAtMs));
        expect(newest).toBeGreaterThanOrEqual(promotedAtMs);
        expect(
          seen.deployments.filter(({ createdAtMs }) => createdAtMs === newest).map(({ status }) => status),
        ).toContain('SUCCESSFUL');
      }),
    );
  });

  it('nothing is pending after the deadline', () => {
    check(
      fc.property(anyConfig, anyScene, (by, seen) => {
        expect(decideProgress(by, version, seen, deadlineAtMs).state).not.toBe('pending');
      }),
    );
  });

  it('the deadline turns pending into failed and changes nothing else', () => {
    check(
      fc.property(anyConfig, anyScene, (by, seen) => {
        const before = decideProgress(by, version, seen, deadlineAtMs - 1);
        const after = decideProgress(by, version, seen, deadlineAtMs);
        expect(after.state).toBe(before.state === 'pending' ? 'failed' : before.state);
      }),
    );
  });

  it('the order of what is listed says nothing', () => {
    const distinct = anyScene.filter(
      ({ deployments }) => new Set(deployments.map(({ createdAtMs }) => createdAtMs)).size === deployments.length,
    );
    check(
      fc.property(anyConfig, distinct, anyNow, (by, seen, nowMs) => {
        const turned = { ...seen, deployments: seen.deployments.toReversed(), tasks: seen.tasks.toReversed() };
        expect(decideProgress(by, version, turned, nowMs).state).toBe(decideProgress(by, version, seen, nowMs).state);
      }),
    );
  });

  it('one more living task from before the promotion never makes it converged', () => {
    check(
      fc.property(anyConfig, anyScene, anyNow, (by, seen, nowMs) => {
        expect(decideProgress(by, version, { ...seen, tasks: [...seen.tasks, old] }, nowMs).state).not.toBe(
          'converged',
        );
      }),
    );
  });
});
