import type { Service, World } from '../types.ts';
import { openBalancer } from './balancer.ts';
import { createLogStore } from './log-store.ts';
import type { DeploymentConfiguration, EcsServiceState } from './model.ts';
import { clusterOperations, createCluster } from './operations/clusters.ts';
import { createService } from './operations/create-service.ts';
import { serviceDeploymentOperations } from './operations/service-deployments.ts';
import { serviceOperations } from './operations/services.ts';
import { registerTaskDefinition, taskDefinitionOperations } from './operations/task-definitions.ts';
import { taskOperations } from './operations/tasks.ts';
import type { EcsParts } from './parts.ts';
import { createPauses } from './pauses.ts';
import { createScheduler } from './scheduler.ts';
import { EcsState } from './state.ts';
import { createTargetGroup, type TargetGroupOptions } from './target-group.ts';
import type { TaskStartHook } from './task-runner.ts';
import { defaultTimings, type EcsTimings } from './timings.ts';
import { createWatchdog } from './watchdog.ts';

export type { TargetGroupOptions } from './target-group.ts';
export type { TaskStartHook } from './task-runner.ts';
export type { EcsTimings } from './timings.ts';

/** A service with all that it needs, in one go. */
export interface ServiceSetup {
  /** Default `default`; made if it is not there. */
  cluster?: string;
  serviceName: string;
  /** An executable of this machine and its arguments; it listens on 127.0.0.1, port `PORT`. */
  command: string[];
  environment?: Record<string, string>;
  /** Variable → `valueFrom`. */
  secrets?: Record<string, string>;
  /** Needed with `secrets`. */
  executionRoleArn?: string;
  /** Default 1. */
  desiredCount?: number;
  /** With it the service gets a balancer, and its tasks a health check. */
  targetGroup?: TargetGroupOptions;
  /** For the health checks of a task that starts; without it a slow start counts as a failure. Default 30. */
  healthCheckGracePeriodSeconds?: number;
  /** Default 30. */
  stopTimeoutSeconds?: number;
  deploymentConfiguration?: Partial<DeploymentConfiguration>;
  deploymentController?: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL';
}

export interface LoadBalancedGroup {
  targetGroupArn: string;
  /** Where clients send their requests. */
  url: string;
  /** By the status that clients saw; 0 for a connection that broke before one. */
  answers: ReadonlyMap<number, number>;
}

export interface EcsService extends Service {
  /** A balancer with one listener and one target group, for CreateService's `loadBalancers`. */
  createTargetGroup(name: string, options: TargetGroupOptions, port?: number): Promise<LoadBalancedGroup>;
  /** @throws AwsError, as CreateService. */
  createService(setup: ServiceSetup): Promise<{
    serviceArn: string;
    taskDefinitionArn: string;
    /** Undefined without a target group. */
    balancer: LoadBalancedGroup | undefined;
  }>;
  /** Resolves when the service has one deployment, COMPLETED. @throws Error after `timeoutMs`, with the tasks' reasons. */
  steady(service: string, timeoutMs: number, cluster?: string): Promise<void>;
  /** Deployments that UpdateService started. @throws AwsError ServiceNotFoundException */
  restarts(service: string, cluster?: string): number;
  /** Standard output and error of a service's tasks, or of all tasks that ever ran; the oldest is dropped after 16 MB each. */
  logs(service?: string): string;
  /** Lets `hook` alter every task of the service that starts from now on. Returns what ends that. */
  onTaskStart(service: string, hook: TaskStartHook): () => void;
}

/** Registers Amazon ECS; its tasks are processes of this machine. `world.close()` leaves none. */
export function registerEcs(world: World, timings: Partial<EcsTimings> = {}): EcsService {
  const state = new EcsState();
  const pauses = createPauses();
  const logs = createLogStore();
  const watchdog = createWatchdog();
  const shared = { world, state, pauses, logs, watchdog, timings: { ...defaultTimings, ...timings } };
  const scheduler = createScheduler(shared);
  const parts: EcsParts = { ...shared, scheduler, poke: scheduler.poke };

  const ecs: EcsService = {
    name: 'ecs',
    operations: {
      ...clusterOperations(parts),
      ...taskDefinitionOperations(parts),
      ...serviceOperations(parts),
      ...serviceDeploymentOperations(parts),
      ...taskOperations(parts),
    },

    async createTargetGroup(name, options, port) {
      const group = createTargetGroup(options);
      group.onHealth(scheduler.onHealth);
      const balancer = await openBalancer(group, port);
      const targetGroupArn = `arn:aws:elasticloadbalancing:${world.region}:${world.accountId}:targetgroup/${name}/${state.targetGroups.size}`;
      state.targetGroups.set(targetGroupArn, { group, balancer });
      return { targetGroupArn, url: balancer.url, answers: balancer.answers };
    },

    async createService(setup) {
      const { cluster = 'default', serviceName, executionRoleArn } = setup;
      createCluster(parts, cluster);
      const balancer = setup.targetGroup && (await ecs.createTargetGroup(serviceName, setup.targetGroup));
      const definition = registerTaskDefinition(parts, {
        family: serviceName,
        ...(executionRoleArn !== undefined && { executionRoleArn }),
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        containerDefinitions: [
          {
            name: serviceName,
            image: 'process',
            essential: true,
            command: setup.command,
            environment: Object.entries(setup.environment ?? {}).map(([name, value]) => ({ name, value })),
            ...(setup.secrets && {
              secrets: Object.entries(setup.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
            }),
            ...(setup.stopTimeoutSeconds !== undefined && { stopTimeout: setup.stopTimeoutSeconds }),
            ...(setup.targetGroup && { healthCheck: { command: ['GET', setup.targetGroup.healthPath] } }),
          },
        ],
      });
      const service = createService(parts, {
        cluster,
        serviceName,
        taskDefinition: definition.taskDefinitionArn,
        desiredCount: setup.desiredCount ?? 1,
        healthCheckGracePeriodSeconds: setup.healthCheckGracePeriodSeconds ?? 30,
        ...(balancer && { loadBalancers: [{ targetGroupArn: balancer.targetGroupArn, containerName: serviceName }] }),
        ...(setup.deploymentConfiguration && { deploymentConfiguration: setup.deploymentConfiguration }),
        ...(setup.deploymentController && { deploymentController: { type: setup.deploymentController } }),
      });
      return { serviceArn: service.serviceArn, taskDefinitionArn: definition.taskDefinitionArn, balancer };
    },

    async steady(name, timeoutMs, cluster = 'default') {
      const service = state.service(cluster, name);
      const deadlineMs = Date.now() + timeoutMs;
      while (service.deployments.length !== 1 || service.deployments[0]?.rolloutState !== 'COMPLETED') {
        if (Date.now() > deadlineMs)
          throw new Error(`${name} is not steady after ${timeoutMs} ms: ${reasons(service)}`);
        await pauses.wait(20);
      }
    },

    restarts: (name, cluster = 'default') => state.service(cluster, name).restarts,
    logs: (name) => logs.read(name === undefined ? undefined : `service:${name}`),

    onTaskStart(name, hook) {
      const group = `service:${name}`;
      const hooks = scheduler.hooks.get(group) ?? new Set();
      scheduler.hooks.set(group, hooks.add(hook));
      return () => hooks.delete(hook);
    },
  };

  world.register(ecs);
  world.onClose(async () => {
    pauses.close();
    for (const { group, balancer } of state.targetGroups.values()) {
      group.close();
      await balancer.close();
    }
    await scheduler.runner.close();
    watchdog.close();
  });
  return ecs;
}

function reasons(service: EcsServiceState): string {
  const deployments = service.deployments.map(({ status, rolloutState }) => `${status} ${rolloutState}`).join(', ');
  const stopped = service.tasks.map((task) => task.stoppedReason).filter((reason) => reason !== undefined);
  return `${deployments}; ${[...new Set(stopped)].join('; ') || 'no task stopped'}`;
}
