import { AwsError } from '../../types.ts';
import { startDeployment } from '../deployments.ts';
import type { DeploymentConfiguration, EcsServiceState } from '../model.ts';
import { ecsArn } from '../names.ts';
import type { EcsParts } from '../parts.ts';

export interface CreateServiceInput {
  cluster?: string;
  serviceName: string;
  taskDefinition?: string;
  /** Default 0, as the model has it for REPLICA services that leave it out. */
  desiredCount?: number;
  loadBalancers?: { targetGroupArn?: string; containerName?: string; containerPort?: number }[];
  healthCheckGracePeriodSeconds?: number;
  deploymentConfiguration?: Partial<DeploymentConfiguration>;
  deploymentController?: { type?: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL' };
  schedulingStrategy?: string;
  [more: string]: unknown;
}

/** @throws AwsError ClusterNotFoundException, ClientException, InvalidParameterException */
export function createService(parts: EcsParts, input: CreateServiceInput): EcsServiceState {
  const { world, state } = parts;
  const { clusterName } = state.cluster(input.cluster);
  const { serviceName, cluster: _cluster, clientToken: _clientToken, ...shown } = input;
  const existing = state.findService(clusterName, serviceName);
  if (existing && existing.status !== 'INACTIVE') {
    throw new AwsError('InvalidParameterException', 'Creation of service was not idempotent.');
  }
  if ((input.schedulingStrategy ?? 'REPLICA') !== 'REPLICA') {
    throw new AwsError('UnsupportedFeatureException', 'The simulator has REPLICA services only.');
  }
  if (input.taskDefinition === undefined) {
    throw new AwsError('InvalidParameterException', 'TaskDefinition can not be blank.');
  }
  const targetGroupArn = input.loadBalancers?.[0]?.targetGroupArn;
  if (targetGroupArn !== undefined && !state.targetGroups.has(targetGroupArn)) {
    throw new AwsError('InvalidParameterException', `The target group ${targetGroupArn} does not exist.`);
  }
  const definition = state.definition(input.taskDefinition);
  const service: EcsServiceState = {
    serviceName,
    serviceArn: ecsArn(world, `service/${clusterName}/${serviceName}`),
    clusterName,
    createdAt: new Date(world.nowMs()),
    controller: input.deploymentController?.type ?? 'ECS',
    targetGroupArn,
    shown,
    status: 'ACTIVE',
    definition,
    desiredCount: input.desiredCount ?? 0,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    deploymentConfiguration: { maximumPercent: 200, minimumHealthyPercent: 100, ...input.deploymentConfiguration },
    deployments: [],
    lastCompleted: undefined,
    serviceDeployments: [],
    tasks: [],
    events: [],
    restarts: 0,
    failuresInARow: 0,
    launchNotBeforeMs: 0,
  };
  state.services.set(`${clusterName}/${serviceName}`, service);
  startDeployment(parts, service, definition);
  return service;
}
