import type { World } from '../../types.ts';
import type { Deployment, EcsServiceState, Task } from '../model.ts';
import { ecsArn } from '../names.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html */
export function describeService(world: World, service: EcsServiceState): Record<string, unknown> {
  const { controller } = service;
  const counts = countTasks(service.tasks);
  return {
    ...service.shown,
    serviceArn: service.serviceArn,
    serviceName: service.serviceName,
    clusterArn: ecsArn(world, `cluster/${service.clusterName}`),
    status: service.status,
    createdAt: service.createdAt,
    desiredCount: service.desiredCount,
    runningCount: counts.running,
    pendingCount: counts.pending,
    launchType: 'FARGATE',
    schedulingStrategy: 'REPLICA',
    taskDefinition: service.definition.taskDefinitionArn,
    deploymentController: { type: controller },
    deploymentConfiguration: service.deploymentConfiguration,
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    // Other controllers have task sets, and no service deployments either.
    deployments:
      controller === 'ECS' ? service.deployments.map((deployment) => describeDeployment(service, deployment)) : [],
    currentServiceDeployment: controller === 'ECS' ? service.serviceDeployments[0]?.serviceDeploymentArn : undefined,
    currentServiceRevisions:
      controller === 'ECS' ? service.deployments.map((deployment) => describeRevision(service, deployment)) : undefined,
    events: service.events,
  };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html */
function describeDeployment(service: EcsServiceState, deployment: Deployment): Record<string, unknown> {
  const counts = countTasks(service.tasks.filter((task) => task.startedBy === deployment.id));
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: deployment.definition.taskDefinitionArn,
    desiredCount: deployment.status === 'PRIMARY' ? service.desiredCount : deployment.keep,
    pendingCount: counts.pending,
    runningCount: counts.running,
    failedTasks: deployment.failedTasks,
    createdAt: deployment.createdAt,
    updatedAt: deployment.updatedAt,
    launchType: 'FARGATE',
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}

function describeRevision(service: EcsServiceState, deployment: Deployment): Record<string, unknown> {
  const counts = countTasks(service.tasks.filter((task) => task.startedBy === deployment.id));
  return {
    arn: deployment.revisionArn,
    requestedTaskCount: deployment.status === 'PRIMARY' ? service.desiredCount : deployment.keep,
    runningTaskCount: counts.running,
    pendingTaskCount: counts.pending,
  };
}

function countTasks(tasks: Task[]): { running: number; pending: number } {
  return {
    running: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pending: tasks.filter((task) => task.lastStatus === 'PROVISIONING' || task.lastStatus === 'PENDING').length,
  };
}
