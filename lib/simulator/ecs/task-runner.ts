import type { World } from '../types.ts';
import { resolveSecrets } from './injection.ts';
import type { LogStore } from './log-store.ts';
import type { KeyValue, StopCode, Task, TaskStatus } from './model.ts';
import type { Pauses } from './pauses.ts';
import { freePort } from './ports.ts';
import { startProcess, type TaskProcess } from './process.ts';
import type { TargetGroup } from './target-group.ts';
import type { EcsTimings } from './timings.ts';
import type { Watchdog } from './watchdog.ts';

/** What a hook learns of a task that starts, and may change. The environment is the declared one, without secrets. */
export interface TaskStart {
  readonly taskArn: string;
  readonly deploymentId: string | undefined;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** `environment` is laid over everything, injected secrets included. */
export interface TaskAlteration {
  command?: string[];
  environment?: Record<string, string>;
}

export type TaskStartHook = (start: TaskStart) => TaskAlteration | undefined;

export interface TaskRunner {
  /** Brings a new task to RUNNING, or to STOPPED when it cannot start. */
  launch(task: Task, targetGroup: TargetGroup | undefined, alter: (start: TaskStart) => TaskAlteration): void;
  /** Deregisters, drains, SIGTERM, SIGKILL. No effect on a task that is being stopped already. */
  stop(task: Task, code: StopCode, reason: string): void;
  /** SIGKILL for all. Resolves when no process is left. */
  close(): Promise<void>;
}

interface RunnerParts {
  world: World;
  timings: EcsTimings;
  pauses: Pauses;
  watchdog: Watchdog;
  logs: LogStore;
  onChange(task: Task): void;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html */
export function createTaskRunner(parts: RunnerParts): TaskRunner {
  const { world, timings, pauses } = parts;
  const processes = new Map<string, TaskProcess>();
  const targetGroups = new Map<string, TargetGroup>();
  const running = new Set<Promise<void>>();

  function move(task: Task, lastStatus: TaskStatus): void {
    task.lastStatus = lastStatus;
    task.version += 1;
    parts.onChange(task);
  }

  function now(): Date {
    return new Date(world.nowMs());
  }

  async function prepare(task: Task, alter: (start: TaskStart) => TaskAlteration): Promise<TaskProcess | undefined> {
    await pauses.wait(timings.provisioningMs);
    if (isStopping(task) || pauses.closed) return undefined;
    move(task, 'PENDING');
    await pauses.wait(timings.pendingMs);
    if (isStopping(task) || pauses.closed) return undefined;
    const [container] = task.definition.containerDefinitions;
    const { executionRoleArn } = task.definition;
    const secrets = await resolveSecrets(world, container, executionRoleArn, task.taskArn, task.id);
    const declared = fields([...(container.environment ?? []), ...(task.override.environment ?? [])]);
    const command = task.override.command ?? container.command;
    const altered = alter({ taskArn: task.taskArn, deploymentId: task.startedBy, command, environment: declared });
    const port = await freePort();
    if (isStopping(task) || pauses.closed) return undefined;
    task.port = port;
    const environment = {
      PATH: process.env['PATH'] ?? '',
      AWS_REGION: world.region,
      AWS_DEFAULT_REGION: world.region,
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
      PORT: String(port),
      ...declared,
      ...secrets,
      ...altered.environment,
    };
    try {
      return await startProcess(altered.command ?? command, environment, parts.watchdog, (chunk) =>
        parts.logs.append(task.group, chunk),
      );
    } catch (error) {
      throw new Error(`CannotStartContainerError: ${(error as Error).message}`, { cause: error });
    }
  }

  async function run(
    task: Task,
    targetGroup: TargetGroup | undefined,
    alter: (start: TaskStart) => TaskAlteration,
  ): Promise<void> {
    let taskProcess: TaskProcess | undefined;
    try {
      taskProcess = await prepare(task, alter);
    } catch (error) {
      end(task, 'TaskFailedToStart', (error as Error).message);
    }
    if (taskProcess) {
      processes.set(task.id, taskProcess);
      if (pauses.closed) taskProcess.kill();
      else if (isStopping(task)) void taskProcess.stop(graceMs(task));
      else {
        task.startedAt = now();
        task.runningSinceMs = performance.now();
        if (targetGroup) targetGroups.set(task.id, targetGroup);
        move(task, 'RUNNING');
        targetGroup?.register(task.id, Number(task.port));
      }
      task.exitCode = await taskProcess.ended;
      task.executionStoppedAt = now();
      processes.delete(task.id);
    }
    targetGroups.get(task.id)?.remove(task.id);
    targetGroups.delete(task.id);
    end(task, 'EssentialContainerExited', 'Essential container in task exited');
    task.stoppingAt ??= now();
    task.stoppedAt = now();
    move(task, 'STOPPED');
  }

  async function stopRunning(task: Task): Promise<void> {
    const taskProcess = processes.get(task.id);
    if (!taskProcess) return;
    const targetGroup = targetGroups.get(task.id);
    if (targetGroup) {
      move(task, 'DEACTIVATING');
      await Promise.race([targetGroup.deregister(task.id), taskProcess.ended]);
    }
    if (!processes.has(task.id)) return;
    move(task, 'STOPPING');
    await taskProcess.stop(graceMs(task));
  }

  return {
    launch(task, targetGroup, alter) {
      const ending = run(task, targetGroup, alter).finally(() => running.delete(ending));
      running.add(ending);
    },
    stop(task, code, reason) {
      if (task.desiredStatus === 'STOPPED') return;
      end(task, code, reason);
      if (task.lastStatus !== 'RUNNING') return;
      task.stoppingAt = now();
      void stopRunning(task);
    },
    async close() {
      for (const taskProcess of processes.values()) taskProcess.kill();
      await Promise.all(running);
    },
  };
}

/** The first reason stays. */
function end(task: Task, code: StopCode, reason: string): void {
  if (task.desiredStatus === 'STOPPED') return;
  task.desiredStatus = 'STOPPED';
  task.stopCode = code;
  task.stoppedReason = reason;
}

/** Read through a function, because the field changes while its task is being prepared. */
function isStopping(task: Task): boolean {
  return task.desiredStatus === 'STOPPED';
}

function graceMs(task: Task): number {
  return (task.definition.containerDefinitions[0].stopTimeout ?? 30) * 1000;
}

function fields(pairs: KeyValue[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
}
