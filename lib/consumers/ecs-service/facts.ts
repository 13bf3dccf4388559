import type { ConsumerFacts } from '../../core/consumer.ts';
import { parseInput } from '../../core/parse.ts';
import type { AwsPlace, Statement } from '../../core/statement.ts';
import { Config } from './schema.ts';

/**
 * Resource types and condition keys by action:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
function needs(configs: Config[], place: AwsPlace): Statement[] {
  const ecs = `arn:${place.partition}:ecs:${place.region}:${place.account}`;
  const services = unique(configs.map(({ cluster, service }) => `${cluster}/${service}`));
  const clusters = unique(configs.map(({ cluster }) => cluster));
  if (services.length === 0) return [];
  return [
    {
      actions: ['ecs:UpdateService', 'ecs:DescribeServices', 'ecs:ListServiceDeployments'],
      resources: services.map((path) => `${ecs}:service/${path}`),
    },
    {
      // ListTasks knows only the resource type container-instance, which a Fargate task has none of; AWS's own example
      // takes `*` with the cluster as condition: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_id-based-policy-examples.html
      actions: ['ecs:ListTasks'],
      resources: ['*'],
      conditions: { ArnEquals: { 'ecs:cluster': clusters.map((cluster) => `${ecs}:cluster/${cluster}`) } },
    },
    { actions: ['ecs:DescribeTasks'], resources: clusters.map((cluster) => `${ecs}:task/${cluster}/*`) },
    // Takes no resource and no condition key. Task definitions name secrets, they do not hold them.
    { actions: ['ecs:DescribeTaskDefinition'], resources: ['*'] },
  ];
}

function unique(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}

/** A service on Amazon ECS that is deployed anew, so that its tasks read the secret again. */
export const ecsService: ConsumerFacts<Config> = {
  id: 'ecs-service',
  title: 'Amazon ECS service',
  parseConfig: (config) => parseInput(Config, config, 'config'),
  needs,
  network: false,
};
