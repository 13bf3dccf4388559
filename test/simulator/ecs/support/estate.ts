import { fileURLToPath } from 'node:url';
import {
  type Deployment,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  type Service,
  type ServiceDeployment,
  type Task,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import type { EcsService, ServiceSetup } from '../../../../lib/simulator/ecs/index.ts';
import { startSimulator } from '../../../../lib/simulator/index.ts';
import type { SimulatedWorld } from '../../../../lib/simulator/world.ts';

export const app = [process.execPath, fileURLToPath(new URL('./app.mjs', import.meta.url))];

/** A balancer fast enough for tests. */
export const quickChecks = { healthPath: '/health', intervalMs: 50, timeoutMs: 1_000, unhealthyThreshold: 2 };

export interface Estate {
  world: SimulatedWorld;
  ecs: EcsService;
  client: ECSClient;
  setUp(setup: Omit<ServiceSetup, 'command'> & { command?: string[] }): ReturnType<EcsService['createService']>;
  service(name: string): Promise<Service>;
  primary(name: string): Promise<Deployment>;
  update(input: UpdateServiceCommandInput): Promise<Service>;
  serviceDeployment(arn: string | undefined): Promise<ServiceDeployment>;
  /** Of all states, the oldest first. */
  tasks(name: string): Promise<Task[]>;
  /** `found` as soon as it is there, looked for every 20 ms. */
  until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
}

export async function startEstate(): Promise<Estate> {
  const world = await startSimulator({ iamPropagationMs: 0 });
  const ecs = world.service<EcsService>('ecs');
  const client = new ECSClient({
    endpoint: world.endpoint,
    region: world.region,
    credentials: world.rootCredentials,
    maxAttempts: 1,
  });

  async function service(name: string): Promise<Service> {
    const { services } = await client.send(new DescribeServicesCommand({ services: [name] }));
    return present(services?.[0]);
  }

  return {
    world,
    ecs,
    client,
    service,
    setUp: (setup) => ecs.createService({ command: app, stopTimeoutSeconds: 2, ...setup }),
    primary: async (name) => present((await service(name)).deployments?.find((each) => each.status === 'PRIMARY')),
    update: async (input) => present((await client.send(new UpdateServiceCommand(input))).service),
    async serviceDeployment(arn) {
      const answer = await client.send(
        new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [present(arn)] }),
      );
      return present(answer.serviceDeployments?.[0]);
    },
    async tasks(name) {
      const arns: string[] = [];
      for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
        const { taskArns = [] } = await client.send(new ListTasksCommand({ serviceName: name, desiredStatus }));
        arns.push(...taskArns);
      }
      if (arns.length === 0) return [];
      const { tasks = [] } = await client.send(new DescribeTasksCommand({ tasks: arns }));
      return tasks.sort((one, other) => Number(one.createdAt) - Number(other.createdAt));
    },
    async until(what, look) {
      const deadlineMs = Date.now() + 20_000;
      while (Date.now() < deadlineMs) {
        const found = await look();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`Not within 20 s: ${what}`);
    },
  };
}

export function present<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('Expected to be there, but is not');
  return value;
}
