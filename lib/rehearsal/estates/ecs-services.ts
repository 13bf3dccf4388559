import { fileURLToPath } from 'node:url';
import type { EcsService } from '../../simulator/ecs/index.ts';
import type { SimulatedWorld } from '../../simulator/world.ts';
import type { Target } from '../load/load.ts';
import type { Targets } from '../stand-ins/stand-in.ts';
import type { Account } from './account.ts';
import type { DeclaredService } from './declared.ts';
import { injectionsOf } from './given.ts';
import type { Given } from './services/use.ts';

const program = fileURLToPath(new URL('./services/service.ts', import.meta.url));

/** A balancer that looks often, so that a deployment takes seconds. */
const balancer = {
  intervalMs: 1_000,
  healthyThreshold: 2,
  // On a busy machine an answer can be late; a task is not given up for one.
  unhealthyThreshold: 4,
  deregistrationDelayMs: 1_000,
};

export interface ServiceParts {
  world: SimulatedWorld;
  account: Account;
  /** PEM. */
  ca: string;
  targetsOf(kind: string): Targets;
}

/** Starts the services, of one task each, behind their balancers. They are steady a little later: see `steady`. */
export async function startServices(
  services: readonly DeclaredService[],
  { world, account, ca, targetsOf }: ServiceParts,
): Promise<Target[]> {
  const ecs = world.service<EcsService>('ecs');
  return Promise.all(
    services.map(async (service) => {
      const { uses, secrets } = definitionOf(service, account, targetsOf);
      const started = await ecs.createService({
        cluster: service.cluster,
        serviceName: service.service,
        command: [process.execPath, program],
        environment: { AWS_ENDPOINT_URL: world.endpoint, CA: ca, SERVICE: service.name, USES: JSON.stringify(uses) },
        secrets,
        executionRoleArn: account.executionRoleArn,
        desiredCount: 1,
        targetGroup: { ...balancer, healthPath: service.healthPath },
        healthCheckGracePeriodSeconds: 10,
        stopTimeoutSeconds: 10,
        deploymentConfiguration: {
          // The new task is well before the old one goes.
          minimumHealthyPercent: 100,
          maximumPercent: 200,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
      });
      return { service: service.name, url: started.balancer?.url ?? '' };
    }),
  );
}

function definitionOf({ secrets }: DeclaredService, { arns }: Account, targetsOf: ServiceParts['targetsOf']) {
  const injections = injectionsOf(secrets);
  const uses: Given[] = [];
  const references: Record<string, string> = {};
  for (const secret of secrets) {
    const { fields, urls, variables } = injections.get(secret.name) ?? { fields: {}, urls: [], variables: {} };
    const { kind } = secret.declaration;
    uses.push({ kind, fields, urls, settings: targetsOf(kind).settings(secret) });
    for (const [variable, source] of Object.entries(variables)) {
      references[variable] =
        source.key === undefined ? `${arns[source.secret]}` : `${arns[source.secret]}:${source.key}::`;
    }
  }
  return { uses, secrets: references };
}

/** Resolves when every service runs as wanted. @throws Error with the reasons of those that do not. */
export async function steady(world: SimulatedWorld, services: readonly DeclaredService[]): Promise<void> {
  const ecs = world.service<EcsService>('ecs');
  await Promise.all(services.map(({ service, cluster }) => ecs.steady(service, 60_000, cluster)));
}
