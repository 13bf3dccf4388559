import type { Need, World } from '../../types.ts';
import { ecsArn, shortName } from '../names.ts';

/**
 * What IAM must allow. Resource types and condition keys by action:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
export function needOn(world: World, operation: string, resource: string, cluster?: string): Need {
  return {
    action: `ecs:${operation}`,
    resource: resource === '*' ? '*' : ecsArn(world, resource),
    ...(cluster !== undefined && { context: { 'ecs:cluster': ecsArn(world, `cluster/${shortName(cluster)}`) } }),
  };
}

/** Names and ARNs of services alike, in the cluster that was named. */
export function needsOnServices(world: World, operation: string, cluster: string, services: string[]): Need[] {
  const clusterName = shortName(cluster);
  return services.map((service) => needOn(world, operation, `service/${clusterName}/${shortName(service)}`, cluster));
}

/** `service` and `service-deployment` are both required resources. */
export function needsOnServiceDeployments(world: World, operation: string, arns: string[]): Need[] {
  return arns.flatMap((arn) => {
    const [cluster = '', service = '', id = ''] = arn.split('/').slice(1);
    return [
      needOn(world, operation, `service/${cluster}/${service}`, cluster),
      needOn(world, operation, `service-deployment/${cluster}/${service}/${id}`, cluster),
    ];
  });
}
