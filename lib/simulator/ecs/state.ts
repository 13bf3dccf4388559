import { AwsError } from '../types.ts';
import type { Balancer } from './balancer.ts';
import type { EcsServiceState, ServiceDeployment, Task, TaskDefinition } from './model.ts';
import { shortName } from './names.ts';
import type { TargetGroup } from './target-group.ts';

export interface Cluster {
  clusterName: string;
  clusterArn: string;
}

/** Everything that ECS knows in this account and Region. */
export class EcsState {
  readonly clusters = new Map<string, Cluster>();
  /** By family, the first revision first. */
  readonly definitions = new Map<string, TaskDefinition[]>();
  /** By `cluster/service`. INACTIVE ones stay until a new one takes the name. */
  readonly services = new Map<string, EcsServiceState>();
  /** By id; STOPPED ones stay, where AWS shows them for an hour at least. */
  readonly tasks = new Map<string, Task>();
  readonly targetGroups = new Map<string, { group: TargetGroup; balancer: Balancer }>();

  /** @throws AwsError ClusterNotFoundException */
  cluster(nameOrArn = 'default'): Cluster {
    const cluster = this.clusters.get(shortName(nameOrArn));
    if (!cluster) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
    return cluster;
  }

  findService(cluster: string, nameOrArn: string): EcsServiceState | undefined {
    return this.services.get(`${cluster}/${shortName(nameOrArn)}`);
  }

  /** @throws AwsError ServiceNotFoundException */
  service(cluster: string, nameOrArn: string): EcsServiceState {
    const service = this.findService(cluster, nameOrArn);
    if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.');
    return service;
  }

  /** `family` (its newest revision), `family:revision` or an ARN. @throws AwsError ClientException */
  definition(nameOrArn: string): TaskDefinition {
    const [family = '', revision] = shortName(nameOrArn).split(':');
    const revisions = this.definitions.get(family) ?? [];
    const found =
      revision === undefined ? revisions.at(-1) : revisions.find((each) => String(each.revision) === revision);
    if (!found) throw new AwsError('ClientException', 'Unable to describe task definition.');
    return found;
  }

  findServiceDeployment(arn: string): { service: EcsServiceState; serviceDeployment: ServiceDeployment } | undefined {
    for (const service of this.services.values()) {
      const serviceDeployment = service.serviceDeployments.find((each) => each.serviceDeploymentArn === arn);
      if (serviceDeployment) return { service, serviceDeployment };
    }
    return undefined;
  }

  serviceOf(task: Task): EcsServiceState | undefined {
    if (!task.group.startsWith('service:')) return undefined;
    const service = this.findService(task.clusterName, task.group.slice('service:'.length));
    return service?.tasks.includes(task) ? service : undefined;
  }

  targetGroupOf(service: EcsServiceState | undefined): TargetGroup | undefined {
    return service?.targetGroupArn === undefined ? undefined : this.targetGroups.get(service.targetGroupArn)?.group;
  }
}

/** Launched and meant to go on. */
export function isLive(task: Task): boolean {
  return task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED';
}
