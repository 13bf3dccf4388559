import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  type ListServiceDeploymentsCommandOutput,
  paginateListTasks,
  type ServiceDeploymentBrief,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { KeyturnError } from '../../core/errors.ts';
import { failureOf } from './failure.ts';
import type { Injection } from './fitness.ts';
import type { Config } from './schema.ts';
import type { ServiceDeployment, ServiceState, Task } from './state.ts';

/** Every attempt ends within 2 + 5 s, so that three of them fit into a function's time. */
const limits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

/** DescribeTasks takes up to 100: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
const tasksPerCall = 100;

/** Amazon ECS, as the consumer type sees it. Region and credentials come from the environment, by the SDK. */
export class EcsServices {
  readonly #ecs = new ECSClient(limits);
  /** The SDK repeats a request whose answer it lost; a repeated UpdateService restarts the service once more. */
  readonly #deploying = new ECSClient({ ...limits, maxAttempts: 1 });

  async describe({ cluster, service }: Config): Promise<ServiceState> {
    const { services = [], failures = [] } = await this.#ask('ecs:DescribeServices', cluster, service, () =>
      this.#ecs.send(new DescribeServicesCommand({ cluster, services: [service] })),
    );
    const [found] = services;
    if (found === undefined) {
      const reason = failures[0]?.reason ?? 'MISSING';
      if (reason !== 'MISSING')
        throw new KeyturnError('AwsUnavailable', `ecs:DescribeServices of ${cluster}/${service}: ${reason}`);
      return nothing;
    }
    const primary = found.deployments?.find(({ status }) => status === 'PRIMARY');
    return {
      status: found.status ?? 'unknown',
      // Left out for services that were made before there was a choice.
      controller: found.deploymentController?.type ?? 'ECS',
      desiredCount: found.desiredCount ?? 0,
      taskDefinition: found.taskDefinition ?? '',
      primary: primary && {
        createdAtMs: primary.createdAt?.getTime() ?? 0,
        rolloutState: primary.rolloutState,
        reason: primary.rolloutStateReason,
      },
      currentServiceDeployment: found.currentServiceDeployment,
    };
  }

  async deploymentsSince({ cluster, service }: Config, sinceMs: number): Promise<ServiceDeployment[]> {
    // The filter says "after", in whatever precision: ask for a little more, the decision compares for itself.
    const request = { cluster, service, createdAt: { after: new Date(sinceMs - 1000) } };
    const deployments: ServiceDeployment[] = [];
    let nextToken: string | undefined;
    do {
      const page: ListServiceDeploymentsCommandOutput = await this.#ask(
        'ecs:ListServiceDeployments',
        cluster,
        service,
        () =>
          this.#ecs.send(
            new ListServiceDeploymentsCommand({ ...request, ...(nextToken !== undefined && { nextToken }) }),
          ),
      );
      deployments.push(...(page.serviceDeployments ?? []).map(readDeployment));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return deployments;
  }

  /** Every task of the service that has not STOPPED. */
  async livingTasks({ cluster, service }: Config): Promise<Task[]> {
    const arns = new Set<string>();
    // In this order: a task that is told to stop between the two calls is in the second list at the latest.
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
      await this.#ask('ecs:ListTasks', cluster, service, async () => {
        const pages = paginateListTasks({ client: this.#ecs }, { cluster, serviceName: service, desiredStatus });
        for await (const page of pages) for (const arn of page.taskArns ?? []) arns.add(arn);
      });
    }
    const all = [...arns];
    const living: Task[] = [];
    for (let from = 0; from < all.length; from += tasksPerCall) {
      living.push(...(await this.#describeTasks(cluster, service, all.slice(from, from + tasksPerCall))));
    }
    return living.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
  }

  async #describeTasks(cluster: string, service: string, arns: string[]): Promise<Task[]> {
    const { tasks = [], failures = [] } = await this.#ask('ecs:DescribeTasks', cluster, service, () =>
      this.#ecs.send(new DescribeTasksCommand({ cluster, tasks: arns })),
    );
    // A task that stopped long enough ago is forgotten between the calls.
    const failure = failures.find(({ reason }) => reason !== 'MISSING');
    if (failure !== undefined) {
      throw new KeyturnError(
        'AwsUnavailable',
        `ecs:DescribeTasks of ${cluster}/${service}: ${failure.arn} ${failure.reason}`,
      );
    }
    return tasks.map((task) => ({
      arn: task.taskArn ?? '',
      createdAtMs: task.createdAt?.getTime(),
      lastStatus: task.lastStatus ?? 'unknown',
      desiredStatus: task.desiredStatus ?? 'unknown',
    }));
  }

  /** Every place where a task definition takes a secret or a parameter. */
  async injectionsOf({ cluster, service }: Config, taskDefinition: string): Promise<Injection[]> {
    const { taskDefinition: found } = await this.#ask('ecs:DescribeTaskDefinition', cluster, service, () =>
      this.#ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition })),
    );
    return (found?.containerDefinitions ?? []).flatMap(({ name = '', secrets = [], logConfiguration }) =>
      [...secrets, ...(logConfiguration?.secretOptions ?? [])].map(({ valueFrom = '' }) => ({
        container: name,
        valueFrom,
      })),
    );
  }

  /** Starts a deployment, which supersedes one that is under way. Not idempotent. Returns its ARN. */
  async deployAnew({ cluster, service }: Config): Promise<string> {
    const { service: updated } = await this.#ask('ecs:UpdateService', cluster, service, () =>
      this.#deploying.send(new UpdateServiceCommand({ cluster, service, forceNewDeployment: true })),
    );
    return updated?.currentServiceDeployment ?? '';
  }

  async #ask<T>(action: string, cluster: string, service: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw failureOf(error, action, `${cluster}/${service}`);
    }
  }
}

function readDeployment(each: ServiceDeploymentBrief): ServiceDeployment {
  return {
    arn: each.serviceDeploymentArn ?? '',
    status: each.status ?? 'unknown',
    reason: each.statusReason,
    createdAtMs: each.createdAt?.getTime() ?? 0,
    finishedAtMs: each.finishedAt?.getTime(),
  };
}

const nothing: ServiceState = {
  status: 'MISSING',
  controller: 'ECS',
  desiredCount: 0,
  taskDefinition: '',
  primary: undefined,
  currentServiceDeployment: undefined,
};
