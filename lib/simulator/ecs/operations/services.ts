import { AwsError, type Operation } from '../../types.ts';
import { ecsArn, shortName } from '../names.ts';
import type { EcsParts } from '../parts.ts';
import { type CreateServiceInput, createService } from './create-service.ts';
import { describeService } from './describe-service.ts';
import { needOn, needsOnServices } from './needs.ts';
import { type PageRequest, page } from './paging.ts';
import { type UpdateServiceInput, updateService } from './update-service.ts';

interface DescribeServicesInput {
  cluster?: string;
  services: string[];
}

interface DeleteServiceInput {
  cluster?: string;
  service: string;
  force?: boolean;
}

export function serviceOperations(parts: EcsParts): Record<string, Operation<never>> {
  const { world, state } = parts;

  const create: Operation<CreateServiceInput> = {
    needs: ({ cluster = 'default', serviceName }) => needsOnServices(world, 'CreateService', cluster, [serviceName]),
    run: (input) => ({ service: describeService(world, createService(parts, input)) }),
  };

  const describe: Operation<DescribeServicesInput> = {
    needs: ({ cluster = 'default', services = [] }) => needsOnServices(world, 'DescribeServices', cluster, services),
    run({ cluster, services = [] }) {
      const { clusterName } = state.cluster(cluster);
      if (services.length === 0) throw new AwsError('InvalidParameterException', 'Services cannot be empty.');
      if (services.length > 10) {
        throw new AwsError('InvalidParameterException', 'Services cannot have more than 10 elements.');
      }
      const names = [...new Set(services.map(shortName))];
      const missing = names.filter((name) => !state.findService(clusterName, name));
      return {
        services: names.flatMap((name) => {
          const service = state.findService(clusterName, name);
          return service ? [describeService(world, service)] : [];
        }),
        failures: missing.map((name) => ({ arn: ecsArn(world, `service/${clusterName}/${name}`), reason: 'MISSING' })),
      };
    },
  };

  const list: Operation<PageRequest & { cluster?: string }> = {
    needs: ({ cluster = 'default' }) => [needOn(world, 'ListServices', '*', cluster)],
    run({ cluster, ...request }) {
      const { clusterName } = state.cluster(cluster);
      const services = [...state.services.values()].filter(
        (service) => service.clusterName === clusterName && service.status !== 'INACTIVE',
      );
      // "If this parameter isn't used, then ListServices returns up to 10 results."
      const { page: shown, nextToken } = page(services, request, 10);
      return { serviceArns: shown.map((service) => service.serviceArn), nextToken };
    },
  };

  const update: Operation<UpdateServiceInput> = {
    needs: ({ cluster = 'default', service }) => needsOnServices(world, 'UpdateService', cluster, [service]),
    run: (input) => ({ service: describeService(world, updateService(parts, input)) }),
  };

  const remove: Operation<DeleteServiceInput> = {
    needs: ({ cluster = 'default', service }) => needsOnServices(world, 'DeleteService', cluster, [service]),
    run({ cluster, service: name, force = false }) {
      const service = state.service(state.cluster(cluster).clusterName, name);
      if (service.desiredCount > 0 && !force) {
        throw new AwsError('InvalidParameterException', 'The service cannot be stopped while it is scaled above 0.');
      }
      service.desiredCount = 0;
      service.status = service.tasks.every((task) => task.lastStatus === 'STOPPED') ? 'INACTIVE' : 'DRAINING';
      parts.poke(service);
      return { service: describeService(world, service) };
    },
  };

  return {
    CreateService: create,
    DescribeServices: describe,
    ListServices: list,
    UpdateService: update,
    DeleteService: remove,
  };
}
