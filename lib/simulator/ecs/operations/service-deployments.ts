import { AwsError, type Operation, type World } from '../../types.ts';
import { failureThreshold } from '../circuit-breaker.ts';
import { isFinished, rollBackOnRequest } from '../deployments.ts';
import type { EcsServiceState, ServiceDeployment } from '../model.ts';
import { ecsArn } from '../names.ts';
import type { EcsParts } from '../parts.ts';
import { needsOnServiceDeployments, needsOnServices } from './needs.ts';
import { type PageRequest, page } from './paging.ts';

interface ListInput extends PageRequest {
  cluster?: string;
  service: string;
  status?: string[];
  /** Epoch seconds. */
  createdAt?: { before?: number; after?: number };
}

interface StopInput {
  serviceDeploymentArn: string;
  stopType?: string;
}

export function serviceDeploymentOperations(parts: EcsParts): Record<string, Operation<never>> {
  const { world, state } = parts;

  const list: Operation<ListInput> = {
    needs: ({ cluster = 'default', service }) => needsOnServices(world, 'ListServiceDeployments', cluster, [service]),
    run(input) {
      const service = state.service(state.cluster(input.cluster).clusterName, input.service);
      const { before = Number.POSITIVE_INFINITY, after = Number.NEGATIVE_INFINITY } = input.createdAt ?? {};
      const chosen = service.serviceDeployments.filter(({ status, createdAt }) => {
        const seconds = createdAt.getTime() / 1000;
        return (!input.status?.length || input.status.includes(status)) && seconds < before && seconds > after;
      });
      // "If this parameter isn't used, then ListServiceDeployments returns up to 20 results."
      const { page: shown, nextToken } = page(chosen, input, 20);
      return { serviceDeployments: shown.map((each) => brief(world, service, each)), nextToken };
    },
  };

  const describe: Operation<{ serviceDeploymentArns: string[] }> = {
    needs: ({ serviceDeploymentArns = [] }) =>
      needsOnServiceDeployments(world, 'DescribeServiceDeployments', serviceDeploymentArns),
    run({ serviceDeploymentArns = [] }) {
      if (serviceDeploymentArns.length > 20) {
        throw new AwsError('InvalidParameterException', 'serviceDeploymentArns cannot have more than 20 elements.');
      }
      const found = serviceDeploymentArns.map((arn) => ({ arn, found: state.findServiceDeployment(arn) }));
      return {
        serviceDeployments: found.flatMap((each) =>
          each.found ? [full(world, each.found.service, each.found.serviceDeployment)] : [],
        ),
        failures: found.flatMap((each) => (each.found ? [] : [{ arn: each.arn, reason: 'MISSING' }])),
      };
    },
  };

  const stop: Operation<StopInput> = {
    needs: ({ serviceDeploymentArn }) =>
      needsOnServiceDeployments(world, 'StopServiceDeployment', [serviceDeploymentArn]),
    run({ serviceDeploymentArn, stopType = 'ROLLBACK' }) {
      const found = state.findServiceDeployment(serviceDeploymentArn);
      if (!found) throw new AwsError('ServiceDeploymentNotFoundException', 'Service deployment not found.');
      // "The valid values are ROLLBACK."
      if (stopType !== 'ROLLBACK') throw new AwsError('InvalidParameterException', 'The valid values are ROLLBACK.');
      const { service, serviceDeployment } = found;
      if (isFinished(serviceDeployment)) {
        throw new AwsError('ConflictException', `The service deployment is ${serviceDeployment.status}.`);
      }
      if (['PENDING', 'IN_PROGRESS'].includes(serviceDeployment.status)) {
        const target = service.lastCompleted;
        if (!target) throw new AwsError('ConflictException', 'There is no service revision to roll back to.');
        rollBackOnRequest(parts, service, target);
      }
      return { serviceDeploymentArn };
    },
  };

  return { ListServiceDeployments: list, DescribeServiceDeployments: describe, StopServiceDeployment: stop };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentBrief.html */
function brief(world: World, service: EcsServiceState, each: ServiceDeployment): Record<string, unknown> {
  return {
    serviceDeploymentArn: each.serviceDeploymentArn,
    serviceArn: service.serviceArn,
    clusterArn: ecsArn(world, `cluster/${service.clusterName}`),
    createdAt: each.createdAt,
    startedAt: each.startedAt,
    finishedAt: each.finishedAt,
    targetServiceRevisionArn: each.targetRevisionArn,
    status: each.status,
    statusReason: each.statusReason,
  };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html */
function full(world: World, service: EcsServiceState, each: ServiceDeployment): Record<string, unknown> {
  const { targetServiceRevisionArn, ...shared } = brief(world, service, each);
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  return {
    ...shared,
    stoppedAt: each.stoppedAt,
    updatedAt: each.updatedAt,
    sourceServiceRevisions: each.sourceRevisionArns.map((arn) => revision(service, arn)),
    targetServiceRevision: revision(service, String(targetServiceRevisionArn)),
    deploymentConfiguration: service.deploymentConfiguration,
    rollback: each.rollback,
    deploymentCircuitBreaker: {
      ...each.breaker,
      threshold: breaker?.enable ? failureThreshold(breaker, service.desiredCount) : 0,
    },
  };
}

function revision(service: EcsServiceState, arn: string): Record<string, unknown> {
  const deployments = service.deployments.filter((deployment) => deployment.revisionArn === arn);
  const tasks = service.tasks.filter((task) => deployments.some((deployment) => deployment.id === task.startedBy));
  const isPrimary = deployments.some((deployment) => deployment.status === 'PRIMARY');
  return {
    arn,
    requestedTaskCount: isPrimary ? service.desiredCount : 0,
    runningTaskCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTaskCount: tasks.filter((task) => ['PROVISIONING', 'PENDING'].includes(task.lastStatus)).length,
  };
}
