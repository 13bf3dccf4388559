import { fileURLToPath } from 'node:url';
import type { EcsService } from '../../../simulator/ecs/index.ts';
import type { SimulatedWorld } from '../../../simulator/world.ts';
import type { Target } from '../../load/load.ts';
import { CannotStart } from '../cannot-start.ts';
import type { Account } from './account.ts';
import type { Database } from './database.ts';
import type { Declared, DeclaredService } from './declared.ts';

/** Tasks of each service. */
const tasks = 2;

/** A balancer that looks often, so that a deployment takes seconds. */
const balancer = {
  intervalMs: 500,
  healthyThreshold: 2,
  // On a busy machine an answer can be late; a task is not given up for one.
  unhealthyThreshold: 3,
  deregistrationDelayMs: 1_000,
};

/** Starts the services behind their balancers. They are steady a little later: see `steady`. */
export async function startServices(
  world: SimulatedWorld,
  declared: Declared,
  database: Database,
  account: Account,
): Promise<Target[]> {
  const ecs = world.service<EcsService>('ecs');
  return Promise.all(
    declared.services.map(async (service) => {
      const started = await ecs.createService({
        cluster: service.cluster,
        serviceName: service.service,
        command: [process.execPath, programOf(service)],
        environment: environmentOf(world, declared, database, account),
        secrets: secretsOf(service, declared, account),
        executionRoleArn: account.executionRoleArn,
        desiredCount: tasks,
        targetGroup: { ...balancer, healthPath: service.healthPath },
        healthCheckGracePeriodSeconds: 5,
        stopTimeoutSeconds: 10,
        deploymentConfiguration: {
          minimumHealthyPercent: 100,
          maximumPercent: 200,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
      });
      return { service: service.name, url: started.balancer?.url ?? '' };
    }),
  );
}

/** Resolves when every service runs as wanted. @throws Error with the reasons of those that do not. */
export async function steady(world: SimulatedWorld, { services }: Declared): Promise<void> {
  const ecs = world.service<EcsService>('ecs');
  await Promise.all(services.map(({ service, cluster }) => ecs.steady(service, 30_000, cluster)));
}

function programOf({ name, usesDatabase, usesAccessKey }: DeclaredService): string {
  if (!usesDatabase && !usesAccessKey) throw new CannotStart(`no secret names the consumer ${name} in its waves`);
  const program = usesDatabase && usesAccessKey ? 'worker' : usesDatabase ? 'api' : 'uploader';
  return fileURLToPath(new URL(`../services/${program}.ts`, import.meta.url));
}

function environmentOf(world: SimulatedWorld, declared: Declared, database: Database, { bucket }: Account) {
  return {
    AWS_ENDPOINT_URL: world.endpoint,
    BUCKET: bucket,
    DATABASE_CA: database.ca,
    POSTGRES_HOST: database.host,
    POSTGRES_PORT: String(database.port),
    POSTGRES_DB: declared.database.target.database,
  };
}

/** The views under the names that the services know them by: `buywhere/DATABASE_URL` is DATABASE_URL. */
function secretsOf(
  { usesDatabase, usesAccessKey }: DeclaredService,
  declared: Declared,
  { arns }: Account,
): Record<string, string> {
  const views = declared.database.views.map(({ name }) => [name.split('/').at(-1), arns[name]]);
  const key = arns[declared.accessKey.secret];
  return {
    ...(usesDatabase && Object.fromEntries(views)),
    ...(usesAccessKey && { ACCESS_KEY_ID: `${key}:accessKeyId::`, SECRET_ACCESS_KEY: `${key}:secretAccessKey::` }),
  };
}
