import type { World } from '../types.ts';
import type { Task, TaskStatus } from './model.ts';
import { ecsArn } from './names.ts';

const containerStatus: Record<TaskStatus, string> = {
  PROVISIONING: 'PENDING',
  PENDING: 'PENDING',
  RUNNING: 'RUNNING',
  DEACTIVATING: 'RUNNING',
  STOPPING: 'RUNNING',
  STOPPED: 'STOPPED',
};

/** A task as DescribeTasks shows it: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html. Never an environment. */
export function describeTask(world: World, task: Task): Record<string, unknown> {
  const [container] = task.definition.containerDefinitions;
  // "If health checks aren't configured for this container in its task definition, then it reports UNKNOWN."
  const healthStatus = container.healthCheck ? task.health : 'UNKNOWN';
  return {
    taskArn: task.taskArn,
    clusterArn: ecsArn(world, `cluster/${task.clusterName}`),
    taskDefinitionArn: task.definition.taskDefinitionArn,
    group: task.group,
    startedBy: task.startedBy,
    launchType: 'FARGATE',
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    healthStatus,
    connectivity: task.port === undefined ? undefined : 'CONNECTED',
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    stoppingAt: task.stoppingAt,
    executionStoppedAt: task.executionStoppedAt,
    stoppedAt: task.stoppedAt,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    version: task.version,
    attachments: [],
    tags: [],
    overrides: { containerOverrides: [{ name: container.name, command: task.override.command }] },
    containers: [
      {
        containerArn: ecsArn(world, `container/${task.clusterName}/${task.id}/${container.name}`),
        taskArn: task.taskArn,
        name: container.name,
        image: container['image'],
        lastStatus: containerStatus[task.lastStatus],
        exitCode: task.exitCode,
        healthStatus,
        networkBindings: task.port === undefined ? [] : [{ bindIP: '127.0.0.1', hostPort: task.port, protocol: 'tcp' }],
        networkInterfaces: [],
      },
    ],
  };
}
