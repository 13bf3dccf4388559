import type { ConsumerVersion, Progress } from '../../core/consumer.ts';
import { acceptedAtZero, unfitnessOf } from './fitness.ts';
import type { Config } from './schema.ts';
import type { Scene, ServiceDeployment, Task } from './state.ts';

export type Verdict = Progress | { state: 'unfit'; reason: string };

/**
 * Whether the service has come to run on the version. Pure.
 *
 * Converged: the newest service deployment was created at or after the promotion and is SUCCESSFUL, at least one task
 * runs, and none that was created before the promotion lives, stopping ones included: they keep what they read when
 * they started. What counts is `createdAt`, because secrets are read between PENDING and RUNNING. Somebody else's newer
 * deployment is followed, a rollback is a failure although its tasks look complete.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
 */
export function decideProgress(config: Config, version: ConsumerVersion, scene: Scene, nowMs: number): Verdict {
  const reason = unfitnessOf(config, scene.service);
  if (reason !== undefined) return { state: 'unfit', reason };
  const progress = scene.service.desiredCount === 0 ? emptied(config, scene.tasks) : rolled(version, scene);
  if (progress.state !== 'pending' || nowMs < version.deadlineAtMs) return progress;
  // Without a circuit breaker ECS tries for ever and never says FAILED.
  return { state: 'failed', reason: `not converged in time: ${progress.detail}` };
}

/** The newest deployment since the promotion, if it is under way or has succeeded: no other is needed. Pure. */
export function refreshUnderWay(
  version: ConsumerVersion,
  deployments: readonly ServiceDeployment[],
): ServiceDeployment | undefined {
  const newest = newestSince(version, deployments);
  return newest && ['PENDING', 'IN_PROGRESS', 'SUCCESSFUL'].includes(newest.status) ? newest : undefined;
}

function newestSince(
  { promotedAtMs }: ConsumerVersion,
  deployments: readonly ServiceDeployment[],
): ServiceDeployment | undefined {
  return deployments
    .filter(({ createdAtMs }) => createdAtMs >= promotedAtMs)
    .reduce<ServiceDeployment | undefined>(
      (newest, each) => (newest === undefined || each.createdAtMs > newest.createdAtMs ? each : newest),
      undefined,
    );
}

/** Scaled to zero, with a stated reason to accept that. */
function emptied(config: Config, tasks: readonly Task[]): Progress {
  if (tasks.length > 0) return pending(`scaled to zero, but ${tasks.length} tasks have not stopped yet`);
  return { state: 'converged', detail: `scaled to zero, no task lives; accepted: ${acceptedAtZero(config)}` };
}

function rolled(version: ConsumerVersion, { service, deployments, tasks }: Scene): Progress {
  const newest = newestSince(version, deployments);
  if (newest === undefined) return pending('no deployment since the promotion');
  const name = `deployment ${newest.arn.split('/').at(-1)}`;
  const because = newest.reason === undefined ? '' : `: ${newest.reason}`;
  if (newest.status.startsWith('ROLLBACK_')) return failed(`${name} is ${newest.status}${because}`);
  if (newest.status === 'STOPPED') {
    // What a newer deployment supersedes is STOPPED too, and the newer one may not be listed yet.
    const superseded = ![undefined, newest.arn].includes(service.currentServiceDeployment);
    return superseded ? pending(`${name} was superseded`) : failed(`${name} was STOPPED${because}`);
  }
  if (newest.status !== 'SUCCESSFUL') {
    if (service.primary?.rolloutState === 'FAILED')
      return failed(`${name} FAILED: ${service.primary.reason ?? 'ECS gives no reason'}`);
    return pending(`${name} is ${newest.status}`);
  }
  if (newest.finishedAtMs !== undefined && (service.primary?.createdAtMs ?? 0) > newest.finishedAtMs) {
    return pending('a newer deployment has begun');
  }
  return onTasks(name, version, tasks);
}

function onTasks(name: string, { promotedAtMs }: ConsumerVersion, tasks: readonly Task[]): Progress {
  const old = tasks.filter(({ createdAtMs }) => createdAtMs === undefined || createdAtMs < promotedAtMs);
  if (old.length > 0)
    return pending(
      `${name} has succeeded, but ${old.length} tasks from before the promotion live, such as ${describe(old[0])}`,
    );
  const running = tasks.filter(
    ({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING',
  );
  if (running.length === 0) return pending(`${name} has succeeded, but no task is running`);
  return {
    state: 'converged',
    detail: `${name} has succeeded; all ${tasks.length} tasks are from after the promotion`,
  };
}

function describe(task: Task | undefined): string {
  return `${task?.arn.split('/').at(-1)} (${task?.lastStatus})`;
}

function pending(detail: string): Progress {
  return { state: 'pending', detail };
}

function failed(reason: string): Progress {
  return { state: 'failed', reason };
}
