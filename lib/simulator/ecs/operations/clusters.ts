import type { Operation } from '../../types.ts';
import { ecsArn } from '../names.ts';
import type { EcsParts } from '../parts.ts';
import type { Cluster } from '../state.ts';
import { needOn } from './needs.ts';

/** Idempotent: "if the cluster already exists, Amazon ECS returns the existing one". */
export function createCluster({ world, state }: EcsParts, clusterName = 'default'): Cluster {
  const existing = state.clusters.get(clusterName);
  if (existing) return existing;
  const cluster = { clusterName, clusterArn: ecsArn(world, `cluster/${clusterName}`) };
  state.clusters.set(clusterName, cluster);
  return cluster;
}

interface CreateClusterInput {
  clusterName?: string;
}

export function clusterOperations(parts: EcsParts): Record<string, Operation<never>> {
  const createClusterOperation: Operation<CreateClusterInput> = {
    needs: ({ clusterName = 'default' }) => [needOn(parts.world, 'CreateCluster', `cluster/${clusterName}`)],
    run({ clusterName }) {
      const cluster = createCluster(parts, clusterName);
      const services = [...parts.state.services.values()].filter((each) => each.clusterName === cluster.clusterName);
      return {
        cluster: {
          ...cluster,
          status: 'ACTIVE',
          activeServicesCount: services.filter((each) => each.status === 'ACTIVE').length,
          registeredContainerInstancesCount: 0,
          runningTasksCount: 0,
          pendingTasksCount: 0,
        },
      };
    },
  };
  return { CreateCluster: createClusterOperation };
}
