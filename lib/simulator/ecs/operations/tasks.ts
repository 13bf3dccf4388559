import { AwsError, type Operation } from '../../types.ts';
import { describeTask } from '../describe-task.ts';
import type { KeyValue, Task } from '../model.ts';
import { ecsArn, shortName } from '../names.ts';
import type { EcsParts } from '../parts.ts';
import { needOn } from './needs.ts';
import { type PageRequest, page } from './paging.ts';

interface ListTasksInput extends PageRequest {
  cluster?: string;
  family?: string;
  serviceName?: string;
  startedBy?: string;
  desiredStatus?: 'RUNNING' | 'PENDING' | 'STOPPED';
}

interface DescribeTasksInput {
  cluster?: string;
  tasks: string[];
}

interface RunTaskInput {
  cluster?: string;
  taskDefinition: string;
  count?: number;
  startedBy?: string;
  group?: string;
  overrides?: { containerOverrides?: { name?: string; command?: string[]; environment?: KeyValue[] }[] };
}

interface StopTaskInput {
  cluster?: string;
  task: string;
  reason?: string;
}

export function taskOperations(parts: EcsParts): Record<string, Operation<never>> {
  const { world, state, scheduler } = parts;

  function find(clusterName: string, idOrArn: string): Task | undefined {
    const task = state.tasks.get(shortName(idOrArn));
    return task?.clusterName === clusterName ? task : undefined;
  }

  const list: Operation<ListTasksInput> = {
    needs: ({ cluster = 'default' }) => [
      needOn(world, 'ListTasks', `container-instance/${shortName(cluster)}/*`, cluster),
    ],
    run(input) {
      const { clusterName } = state.cluster(input.cluster);
      const { family, startedBy, desiredStatus = 'RUNNING' } = input;
      const service = input.serviceName === undefined ? undefined : state.service(clusterName, input.serviceName);
      const tasks = [...state.tasks.values()].filter(
        (task) =>
          task.clusterName === clusterName &&
          task.desiredStatus === desiredStatus &&
          (!service || service.tasks.includes(task)) &&
          (family === undefined || task.definition.family === family) &&
          (startedBy === undefined || task.startedBy === startedBy),
      );
      const { page: shown, nextToken } = page(tasks, input, 100);
      return { taskArns: shown.map((task) => task.taskArn), nextToken };
    },
  };

  const describe: Operation<DescribeTasksInput> = {
    needs: ({ cluster = 'default', tasks = [] }) =>
      tasks.map((task) => needOn(world, 'DescribeTasks', `task/${shortName(cluster)}/${shortName(task)}`, cluster)),
    run({ cluster, tasks = [] }) {
      const { clusterName } = state.cluster(cluster);
      if (tasks.length === 0) throw new AwsError('InvalidParameterException', 'Tasks cannot be empty.');
      if (tasks.length > 100) {
        throw new AwsError('InvalidParameterException', 'Tasks cannot have more than 100 elements.');
      }
      const found = tasks.map((idOrArn) => ({ idOrArn, task: find(clusterName, idOrArn) }));
      return {
        tasks: found.flatMap(({ task }) => (task ? [describeTask(world, task)] : [])),
        failures: found.flatMap(({ idOrArn, task }) =>
          task ? [] : [{ arn: ecsArn(world, `task/${clusterName}/${shortName(idOrArn)}`), reason: 'MISSING' }],
        ),
      };
    },
  };

  const run: Operation<RunTaskInput> = {
    needs: ({ cluster = 'default', taskDefinition }) => [
      needOn(world, 'RunTask', `task-definition/${revisionOf(taskDefinition)}`, cluster),
    ],
    run(input) {
      const { clusterName } = state.cluster(input.cluster);
      const definition = state.definition(input.taskDefinition);
      const override = input.overrides?.containerOverrides?.[0];
      const tasks = Array.from({ length: input.count ?? 1 }, () =>
        scheduler.launch({
          clusterName,
          definition,
          group: input.group ?? `family:${definition.family}`,
          startedBy: input.startedBy,
          override: {
            ...(override?.command && { command: override.command }),
            ...(override?.environment && { environment: override.environment }),
          },
        }),
      );
      return { tasks: tasks.map((task) => describeTask(world, task)), failures: [] };
    },
  };

  const stop: Operation<StopTaskInput> = {
    needs: ({ cluster = 'default', task }) => [
      needOn(world, 'StopTask', `task/${shortName(cluster)}/${shortName(task)}`, cluster),
    ],
    run({ cluster, task: idOrArn, reason }) {
      const task = find(state.cluster(cluster).clusterName, idOrArn);
      if (!task) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
      scheduler.runner.stop(task, 'UserInitiated', reason ?? 'Task stopped by user');
      const service = state.serviceOf(task);
      if (service) scheduler.poke(service);
      return { task: describeTask(world, task) };
    },
  };

  /** IAM knows task definitions by revision; a bare family stands for any. */
  function revisionOf(nameOrArn: string): string {
    const name = shortName(nameOrArn);
    return name.includes(':') ? name : `${name}:*`;
  }

  return { ListTasks: list, DescribeTasks: describe, RunTask: run, StopTask: stop };
}
