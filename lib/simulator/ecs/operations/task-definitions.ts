import { AwsError, type Need, type Operation } from '../../types.ts';
import type { ContainerDefinition, TaskDefinition } from '../model.ts';
import { ecsArn } from '../names.ts';
import type { EcsParts } from '../parts.ts';
import { needOn } from './needs.ts';

export interface RegisterTaskDefinitionInput {
  family: string;
  containerDefinitions: ContainerDefinition[];
  executionRoleArn?: string;
  taskRoleArn?: string;
  [more: string]: unknown;
}

/** A new revision of the family. @throws AwsError ClientException */
export function registerTaskDefinition(parts: EcsParts, input: RegisterTaskDefinitionInput): TaskDefinition {
  const { world, state } = parts;
  const [container, ...others] = input.containerDefinitions ?? [];
  if (!container || others.length > 0) {
    throw new AwsError('ClientException', 'The simulator runs tasks of exactly one container.');
  }
  if (!container.command?.[0]) {
    throw new AwsError(
      'ClientException',
      'The simulator runs no images: the container needs a command, an executable and its arguments.',
    );
  }
  if (container.secrets && input.executionRoleArn === undefined) {
    // The words: https://github.com/aws/aws-sdk-go/issues/2370
    throw new AwsError(
      'ClientException',
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  }
  const variables = new Set((container.environment ?? []).map(({ name }) => name));
  const twice = container.secrets?.find(({ name }) => variables.has(name));
  if (twice) {
    // The words: https://github.com/dagster-io/dagster/issues/11622
    throw new AwsError(
      'ClientException',
      `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${twice.name}'.`,
    );
  }
  const revisions = state.definitions.get(input.family) ?? [];
  const revision = revisions.length + 1;
  const definition: TaskDefinition = {
    ...input,
    containerDefinitions: [container],
    taskDefinitionArn: ecsArn(world, `task-definition/${input.family}:${revision}`),
    revision,
    status: 'ACTIVE',
    registeredAt: new Date(world.nowMs()),
  };
  state.definitions.set(input.family, [...revisions, definition]);
  return definition;
}

export function taskDefinitionOperations(parts: EcsParts): Record<string, Operation<never>> {
  const register: Operation<RegisterTaskDefinitionInput> = {
    needs: (input) => [
      needOn(parts.world, 'RegisterTaskDefinition', `task-definition/${input.family}:*`),
      ...passRole(input.executionRoleArn),
      ...passRole(input.taskRoleArn),
    ],
    run: (input) => ({ taskDefinition: registerTaskDefinition(parts, input) }),
  };
  const describe: Operation<{ taskDefinition: string }> = {
    needs: () => [needOn(parts.world, 'DescribeTaskDefinition', '*')],
    run: ({ taskDefinition }) => ({ taskDefinition: parts.state.definition(taskDefinition) }),
  };
  return { RegisterTaskDefinition: register, DescribeTaskDefinition: describe };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
function passRole(roleArn: string | undefined): Need[] {
  if (roleArn === undefined) return [];
  return [{ action: 'iam:PassRole', resource: roleArn, context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } }];
}
