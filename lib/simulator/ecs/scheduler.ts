import { decide } from './decide.ts';
import { completeDeployment, type DeploymentParts, note, recordFailedTask, recordHealthyTask } from './deployments.ts';
import { emitTaskChange } from './events.ts';
import type { LogStore } from './log-store.ts';
import type { ContainerOverride, EcsServiceState, Task, TaskDefinition } from './model.ts';
import { ecsArn, newTaskId } from './names.ts';
import { type EcsState, isLive } from './state.ts';
import {
  createTaskRunner,
  type TaskAlteration,
  type TaskRunner,
  type TaskStart,
  type TaskStartHook,
} from './task-runner.ts';
import type { Watchdog } from './watchdog.ts';

/** A task that ends by itself sooner than this after its start is tried again with a pause. */
const shortLifeMs = 5_000;

export interface Scheduler {
  readonly runner: TaskRunner;
  readonly hooks: Map<string, Set<TaskStartHook>>;
  /** Looks at a service soon, once for any number of calls. */
  poke(service: EcsServiceState): void;
  launch(task: NewTask): Task;
  /** To be called for every change of a target's health. */
  onHealth(taskId: string, state: 'healthy' | 'unhealthy'): void;
}

export interface NewTask {
  clusterName: string;
  definition: TaskDefinition;
  group: string;
  startedBy: string | undefined;
  override?: ContainerOverride;
  service?: EcsServiceState;
}

/** Keeps every service at its desired count and rolls its deployments. */
export function createScheduler(
  shared: Omit<DeploymentParts, 'poke'> & { state: EcsState; logs: LogStore; watchdog: Watchdog },
): Scheduler {
  const { world, state, pauses, timings } = shared;
  const parts = { ...shared, poke };
  const hooks: Scheduler['hooks'] = new Map();
  const poked = new Set<EcsServiceState>();
  const runner = createTaskRunner({ ...shared, onChange });

  function poke(service: EcsServiceState): void {
    if (poked.has(service)) return;
    poked.add(service);
    setImmediate(() => {
      poked.delete(service);
      if (!pauses.closed) reconcile(service);
    });
  }

  function isHealthy(service: EcsServiceState, task: Task): boolean {
    return task.lastStatus === 'RUNNING' && (!state.targetGroupOf(service) || task.health === 'HEALTHY');
  }

  function reconcile(service: EcsServiceState): void {
    const [primary, ...older] = service.deployments;
    if (!primary || service.controller === 'EXTERNAL') return;
    const tasks = service.tasks
      .filter(isLive)
      .map((task) => ({ id: task.id, deploymentId: String(task.startedBy), healthy: isHealthy(service, task) }));
    const decision = decide({
      desiredCount: service.desiredCount,
      minimumHealthyPercent: service.deploymentConfiguration.minimumHealthyPercent,
      maximumPercent: service.deploymentConfiguration.maximumPercent,
      primary: { id: primary.id, launches: primary.rolloutState !== 'FAILED' },
      older: older.map(({ id, keep }) => ({ id, keep })),
      tasks,
    });
    for (const deployment of older) deployment.keep = decision.keep.get(deployment.id) ?? 0;
    for (const id of decision.stop) {
      const task = state.tasks.get(id);
      if (task)
        runner.stop(task, 'ServiceSchedulerInitiated', `Scaling activity initiated by (deployment ${primary.id})`);
    }
    if (decision.stop.length > 0) note(parts, service, `has stopped ${decision.stop.length} running tasks.`);
    const waitMs = service.launchNotBeforeMs - performance.now();
    if (decision.start.length > 0 && waitMs > 0) pauses.later(waitMs, () => poke(service));
    else for (const { deploymentId, count } of decision.start) launchFor(service, deploymentId, count);
    if (decision.steady && primary.rolloutState === 'IN_PROGRESS') completeDeployment(parts, service, primary);
    // ACTIVE is a deployment "that still has running tasks"; tasks that are being stopped are not running.
    for (const deployment of older) {
      const remains = service.tasks.some((task) => isLive(task) && task.startedBy === deployment.id);
      if (deployment.keep === 0 && !remains) deployment.status = 'INACTIVE';
    }
    service.deployments = service.deployments.filter((deployment) => deployment.status !== 'INACTIVE');
    if (service.status === 'DRAINING' && service.tasks.every((task) => task.lastStatus === 'STOPPED')) {
      service.status = 'INACTIVE';
    }
  }

  function launchFor(service: EcsServiceState, deploymentId: string, count: number): void {
    const deployment = service.deployments.find((each) => each.id === deploymentId);
    if (!deployment) return;
    const { clusterName, serviceName } = service;
    const { definition } = deployment;
    const group = `service:${serviceName}`;
    for (let each = 0; each < count; each++) {
      launch({ clusterName, definition, group, startedBy: deploymentId, service });
    }
    note(parts, service, `has started ${count} tasks.`);
  }

  function launch(made: NewTask): Task {
    const id = newTaskId();
    const task: Task = {
      id,
      taskArn: ecsArn(world, `task/${made.clusterName}/${id}`),
      clusterName: made.clusterName,
      definition: made.definition,
      group: made.group,
      startedBy: made.startedBy,
      override: made.override ?? {},
      createdAt: new Date(world.nowMs()),
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      health: 'UNKNOWN',
      version: 1,
    };
    state.tasks.set(id, task);
    made.service?.tasks.push(task);
    emitTaskChange(world, task);
    runner.launch(task, state.targetGroupOf(made.service), (start) => alter(made.group, start));
    return task;
  }

  function alter(group: string, start: TaskStart): TaskAlteration {
    const altered: TaskAlteration = {};
    for (const hook of hooks.get(group) ?? []) {
      const { command, environment } = hook(start) ?? {};
      if (command) altered.command = command;
      if (environment) altered.environment = { ...altered.environment, ...environment };
    }
    return altered;
  }

  function onChange(task: Task): void {
    // Nobody listens to an account that is being closed.
    if (pauses.closed) return;
    emitTaskChange(world, task);
    const service = state.serviceOf(task);
    if (!service) return;
    if (task.lastStatus === 'RUNNING' && !state.targetGroupOf(service)) healthy(service, task);
    if (task.lastStatus === 'STOPPED') ended(service, task);
    poke(service);
  }

  function healthy(service: EcsServiceState, task: Task): void {
    const deployment = service.deployments.find((each) => each.id === task.startedBy);
    if (deployment) recordHealthyTask(service, deployment);
  }

  /** A task fails its deployment when it "doesn't transition to a RUNNING state, or fails any of its health checks": API_Deployment, failedTasks. */
  function ended(service: EcsServiceState, task: Task): void {
    const neverHealthy = state.targetGroupOf(service) !== undefined && task.health !== 'HEALTHY';
    const exited = task.stopCode === 'EssentialContainerExited';
    if (task.stopCode === 'TaskFailedToStart' || (exited && neverHealthy)) failed(service, task);
    else if (exited && performance.now() - Number(task.runningSinceMs) < shortLifeMs) backOff(service);
  }

  function failed(service: EcsServiceState, task: Task): void {
    backOff(service);
    const deployment = service.deployments.find((each) => each.id === task.startedBy);
    if (deployment) recordFailedTask(parts, service, deployment);
  }

  function backOff(service: EcsServiceState): void {
    const pauseMs = Math.min(timings.retryAtMostMs, timings.retryMs * 2 ** service.failuresInARow);
    service.failuresInARow += 1;
    service.launchNotBeforeMs = performance.now() + pauseMs;
  }

  /** "ECS ignores unhealthy Elastic Load Balancing health checks for healthCheckGracePeriodSeconds after a task has first started." */
  function replaceUnhealthy(service: EcsServiceState, task: Task): void {
    if (!isLive(task) || task.lastStatus !== 'RUNNING' || task.health !== 'UNHEALTHY') return;
    const graceMs = Number(task.runningSinceMs) + service.healthCheckGracePeriodSeconds * 1000 - performance.now();
    if (graceMs > 0) {
      pauses.later(graceMs, () => replaceUnhealthy(service, task));
      return;
    }
    runner.stop(
      task,
      'ServiceSchedulerInitiated',
      `Task failed ELB health checks in (target-group ${service.targetGroupArn})`,
    );
    note(parts, service, `(task ${task.id}) failed ELB health checks.`);
    failed(service, task);
    poke(service);
  }

  return {
    runner,
    hooks,
    poke,
    launch,
    onHealth(taskId, health) {
      const task = state.tasks.get(taskId);
      const service = task && state.serviceOf(task);
      if (!task || !service) return;
      task.health = health === 'healthy' ? 'HEALTHY' : 'UNHEALTHY';
      if (health === 'healthy') {
        service.failuresInARow = 0;
        healthy(service, task);
      } else replaceUnhealthy(service, task);
      poke(service);
    },
  };
}
