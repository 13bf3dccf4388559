import { AwsError } from '../../types.ts';
import { startDeployment } from '../deployments.ts';
import type { DeploymentConfiguration, EcsServiceState } from '../model.ts';
import type { EcsParts } from '../parts.ts';

export interface UpdateServiceInput {
  cluster?: string;
  service: string;
  desiredCount?: number;
  taskDefinition?: string;
  forceNewDeployment?: boolean;
  healthCheckGracePeriodSeconds?: number;
  deploymentConfiguration?: Partial<DeploymentConfiguration>;
}

/**
 * A new deployment for another task definition or with `forceNewDeployment`; not for a desired count or a configuration
 * alone: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-service-parameters.html.
 * @throws AwsError
 */
export function updateService(parts: EcsParts, input: UpdateServiceInput): EcsServiceState {
  const { state } = parts;
  const service = state.service(state.cluster(input.cluster).clusterName, input.service);
  if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  refuseOtherControllers(service, input);
  const definition = input.taskDefinition === undefined ? service.definition : state.definition(input.taskDefinition);
  service.desiredCount = input.desiredCount ?? service.desiredCount;
  service.healthCheckGracePeriodSeconds = input.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds;
  service.deploymentConfiguration = { ...service.deploymentConfiguration, ...input.deploymentConfiguration };
  if (input.forceNewDeployment || definition !== service.definition) {
    service.restarts += 1;
    startDeployment(parts, service, definition);
  }
  parts.poke(service);
  return service;
}

/**
 * In AWS's words: https://github.com/boto/boto3/issues/1936 and, in one of their variants,
 * https://github.com/hashicorp/terraform-provider-aws/issues/13473. With EXTERNAL "only the desired count and health check
 * grace period can be updated using this API": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
function refuseOtherControllers(service: EcsServiceState, input: UpdateServiceInput): void {
  if (service.controller === 'ECS') return;
  const instead =
    service.controller === 'CODE_DEPLOY' ? 'Use AWS CodeDeploy to trigger a new deployment.' : 'Create a new task set.';
  const on = `on services with a ${service.controller} deployment controller. ${instead}`;
  if (input.taskDefinition !== undefined) {
    throw new AwsError('InvalidParameterException', `Unable to update task definition ${on}`);
  }
  if (input.forceNewDeployment) {
    throw new AwsError('InvalidParameterException', `Cannot force a new deployment ${on}`);
  }
}
