import { randomUUID } from 'node:crypto';
import type { World } from '../types.ts';
import { failureThreshold } from './circuit-breaker.ts';
import { emitDeploymentChange } from './events.ts';
import type {
  Deployment,
  EcsServiceState,
  ServiceDeployment,
  ServiceDeploymentStatus,
  TaskDefinition,
} from './model.ts';
import { ecsArn, newDeploymentId, newRevisionId, newServiceDeploymentId } from './names.ts';
import type { Pauses } from './pauses.ts';
import { isLive } from './state.ts';
import type { EcsTimings } from './timings.ts';

export interface DeploymentParts {
  world: World;
  pauses: Pauses;
  timings: EcsTimings;
  /** Has the scheduler look at the service. */
  poke(service: EcsServiceState): void;
}

const finishedStatuses: readonly ServiceDeploymentStatus[] = [
  'SUCCESSFUL',
  'STOPPED',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
];

export function isFinished(serviceDeployment: ServiceDeployment): boolean {
  return finishedStatuses.includes(serviceDeployment.status);
}

/** A new PRIMARY with a service deployment and a service revision of its own. */
export function startDeployment(parts: DeploymentParts, service: EcsServiceState, definition: TaskDefinition): void {
  const { world, pauses, timings } = parts;
  const createdAt = new Date(world.nowMs());
  const path = `${service.clusterName}/${service.serviceName}`;
  const revisionArn = ecsArn(world, `service-revision/${path}/${newRevisionId()}`);
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  const serviceDeployment: ServiceDeployment = {
    serviceDeploymentArn: ecsArn(world, `service-deployment/${path}/${newServiceDeploymentId()}`),
    createdAt,
    updatedAt: createdAt,
    sourceRevisionArns: [...new Set(service.deployments.map((deployment) => deployment.revisionArn))],
    targetRevisionArn: revisionArn,
    status: 'PENDING',
    breaker: { status: breaker?.enable ? 'MONITORING' : 'DISABLED', failureCount: 0 },
  };
  const [superseded] = service.deployments;
  // A service deployment whose service gets another one ends as STOPPED: https://github.com/kayac/ecspresso/issues/899
  // (the wording of the reason is ours).
  if (superseded && !isFinished(superseded.serviceDeployment)) {
    superseded.serviceDeployment.stoppedAt = createdAt;
    finish(parts, superseded.serviceDeployment, 'STOPPED', 'A new service deployment was started.');
  }
  service.serviceDeployments.unshift(serviceDeployment);
  makePrimary(parts, service, {
    definition,
    revisionArn,
    serviceDeployment,
    isRollback: false,
    reason: (id) => `ECS deployment ${id} in progress.`,
  });
  pauses.later(timings.deploymentPendingMs, () => {
    if (serviceDeployment.status !== 'PENDING') return;
    serviceDeployment.startedAt = new Date(world.nowMs());
    setStatus(parts, serviceDeployment, 'IN_PROGRESS');
  });
}

/** Counts a task that did not come up; at the threshold the circuit breaker fails the deployment. */
export function recordFailedTask(parts: DeploymentParts, service: EcsServiceState, deployment: Deployment): void {
  if (deployment.rolloutState !== 'IN_PROGRESS' || deployment.status !== 'PRIMARY') return;
  deployment.failedTasks += 1;
  const { breaker: counter } = deployment.serviceDeployment;
  if (!deployment.isRollback) counter.failureCount = deployment.failedTasks;
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  if (!breaker?.enable || deployment.failedTasks < failureThreshold(breaker, service.desiredCount)) return;
  const reason = 'ECS deployment circuit breaker: tasks failed to start.';
  fail(parts, service, deployment, reason);
  if (!deployment.isRollback) counter.status = 'TRIGGERED';
  const { lastCompleted } = service;
  if (breaker.rollback && !deployment.isRollback && lastCompleted) {
    rollBack(
      parts,
      service,
      lastCompleted,
      'ECS deployment circuit breaker',
      'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    );
    return;
  }
  deployment.serviceDeployment.stoppedAt = deployment.updatedAt;
  finish(parts, deployment.serviceDeployment, deployment.isRollback ? 'ROLLBACK_FAILED' : 'STOPPED', reason);
}

/** A healthy task resets the count, unless the circuit breaker is told otherwise. */
export function recordHealthyTask(service: EcsServiceState, deployment: Deployment): void {
  if (service.deploymentConfiguration.deploymentCircuitBreaker?.resetOnHealthyTask === false) return;
  deployment.failedTasks = 0;
  // What tripped the circuit breaker stays on record while the rollback's tasks come up.
  if (!deployment.isRollback) deployment.serviceDeployment.breaker.failureCount = 0;
}

/** Steady. */
export function completeDeployment(parts: DeploymentParts, service: EcsServiceState, deployment: Deployment): void {
  deployment.rolloutState = 'COMPLETED';
  deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`;
  deployment.updatedAt = new Date(parts.world.nowMs());
  deployment.completed = true;
  service.lastCompleted = deployment;
  const { serviceDeployment } = deployment;
  if (serviceDeployment.breaker.status === 'MONITORING') serviceDeployment.breaker.status = 'MONITORING_COMPLETE';
  serviceDeployment.startedAt ??= deployment.updatedAt;
  if (deployment.isRollback)
    finish(parts, serviceDeployment, 'ROLLBACK_SUCCESSFUL', serviceDeployment.rollback?.reason);
  else finish(parts, serviceDeployment, 'SUCCESSFUL');
  emitDeploymentChange(parts.world, service, deployment, 'SERVICE_DEPLOYMENT_COMPLETED');
  note(parts, service, `(deployment ${deployment.id}) deployment completed.`);
  note(parts, service, 'has reached a steady state.');
}

/** On a person's request: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html */
export function rollBackOnRequest(parts: DeploymentParts, service: EcsServiceState, target: Deployment): void {
  const [primary] = service.deployments;
  if (!primary) return;
  setStatus(parts, primary.serviceDeployment, 'ROLLBACK_REQUESTED');
  parts.pauses.later(parts.timings.deploymentPendingMs, () => {
    if (primary.serviceDeployment.status !== 'ROLLBACK_REQUESTED') return;
    fail(parts, service, primary, 'ECS deployment stopped by a user request.');
    rollBack(parts, service, target, 'ECS deployment', 'Service deployment rolled back by a user request.');
  });
}

/** The failed deployment's service deployment goes on, with a further PRIMARY: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html */
function rollBack(
  parts: DeploymentParts,
  service: EcsServiceState,
  target: Deployment,
  who: string,
  reason: string,
): void {
  const failed = service.deployments[0];
  if (!failed) return;
  const { serviceDeployment } = failed;
  serviceDeployment.rollback = { reason, startedAt: failed.updatedAt, serviceRevisionArn: target.revisionArn };
  serviceDeployment.statusReason = reason;
  serviceDeployment.startedAt ??= failed.updatedAt;
  setStatus(parts, serviceDeployment, 'ROLLBACK_IN_PROGRESS');
  makePrimary(parts, service, {
    definition: target.definition,
    revisionArn: target.revisionArn,
    serviceDeployment,
    isRollback: true,
    reason: () => `${who}: rolling back to deploymentId ${target.id}.`,
  });
  note(parts, service, `rolling back to deployment ${target.id}.`);
}

function makePrimary(
  parts: DeploymentParts,
  service: EcsServiceState,
  made: Pick<Deployment, 'definition' | 'revisionArn' | 'serviceDeployment' | 'isRollback'> & {
    reason: (id: string) => string;
  },
): void {
  const { reason, ...fixed } = made;
  const createdAt = new Date(parts.world.nowMs());
  const id = newDeploymentId();
  const [before] = service.deployments;
  if (before) {
    before.status = 'ACTIVE';
    before.updatedAt = createdAt;
    before.keep = before.completed
      ? service.tasks.filter((task) => isLive(task) && task.startedBy === before.id).length
      : 0;
  }
  const deployment: Deployment = {
    ...fixed,
    id,
    createdAt,
    updatedAt: createdAt,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: reason(id),
    failedTasks: 0,
    completed: false,
    keep: 0,
  };
  service.deployments.unshift(deployment);
  service.definition = made.definition;
  service.failuresInARow = 0;
  service.launchNotBeforeMs = 0;
  emitDeploymentChange(parts.world, service, deployment, 'SERVICE_DEPLOYMENT_IN_PROGRESS');
  parts.poke(service);
}

function fail(parts: DeploymentParts, service: EcsServiceState, deployment: Deployment, reason: string): void {
  deployment.rolloutState = 'FAILED';
  deployment.rolloutStateReason = reason;
  deployment.updatedAt = new Date(parts.world.nowMs());
  emitDeploymentChange(parts.world, service, deployment, 'SERVICE_DEPLOYMENT_FAILED');
  note(parts, service, `(deployment ${deployment.id}) deployment failed: ${reason}`);
}

function finish(
  parts: DeploymentParts,
  serviceDeployment: ServiceDeployment,
  status: ServiceDeploymentStatus,
  reason?: string,
): void {
  setStatus(parts, serviceDeployment, status);
  serviceDeployment.finishedAt = serviceDeployment.updatedAt;
  if (reason !== undefined) serviceDeployment.statusReason = reason;
}

function setStatus(
  parts: DeploymentParts,
  serviceDeployment: ServiceDeployment,
  status: ServiceDeploymentStatus,
): void {
  serviceDeployment.status = status;
  serviceDeployment.updatedAt = new Date(parts.world.nowMs());
}

/** A line for DescribeServices' events; AWS shows the newest hundred. */
export function note(parts: DeploymentParts, service: EcsServiceState, message: string): void {
  const createdAt = new Date(parts.world.nowMs());
  service.events.unshift({ id: randomUUID(), createdAt, message: `(service ${service.serviceName}) ${message}` });
  service.events.splice(100);
}
