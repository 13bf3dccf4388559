import type { World } from '../types.ts';
import { describeTask } from './describe-task.ts';
import type { Deployment, EcsServiceState, Task } from './model.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html: as DescribeTasks, with ISO timestamps. */
export function emitTaskChange(world: World, task: Task): void {
  world.emit({
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    resources: [task.taskArn],
    detail: { ...isoDates(describeTask(world, task)), updatedAt: new Date(world.nowMs()).toISOString() },
  });
}

const eventTypes = {
  SERVICE_DEPLOYMENT_IN_PROGRESS: 'INFO',
  SERVICE_DEPLOYMENT_COMPLETED: 'INFO',
  SERVICE_DEPLOYMENT_FAILED: 'ERROR',
} as const;

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html */
export function emitDeploymentChange(
  world: World,
  service: EcsServiceState,
  deployment: Deployment,
  eventName: keyof typeof eventTypes,
): void {
  world.emit({
    source: 'aws.ecs',
    'detail-type': 'ECS Deployment State Change',
    resources: [service.serviceArn],
    detail: {
      eventType: eventTypes[eventName],
      eventName,
      deploymentId: deployment.id,
      updatedAt: deployment.updatedAt.toISOString(),
      reason: deployment.rolloutStateReason,
    },
  });
}

function isoDates(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );
}
