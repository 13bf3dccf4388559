/** A task that has been launched and is not being stopped. */
export interface TaskView {
  id: string;
  deploymentId: string;
  /** RUNNING and, behind a balancer, a healthy target. */
  healthy: boolean;
}

export interface Situation {
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  /** A FAILED deployment launches no new tasks. */
  primary: { id: string; launches: boolean };
  /** Superseded deployments and how many tasks of each are still wanted. */
  older: { id: string; keep: number }[];
  /** Oldest first. */
  tasks: TaskView[];
}

export interface Decision {
  stop: string[];
  start: { deploymentId: string; count: number }[];
  /** What is still wanted of the superseded deployments after this. */
  keep: Map<string, number>;
  /** The primary deployment has its healthy tasks and nothing else remains. */
  steady: boolean;
}

/**
 * The rolling update: how many tasks may be launched and which may go.
 * Minimum healthy is rounded up, maximum down, both of the desired count:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html.
 * A task of the version that ran before and ends by itself is replaced by the same version, not by the new one:
 * https://aws.amazon.com/about-aws/whats-new/2025/11/amazon-ecs-service-availability-rolling-deployments
 */
export function decide(situation: Situation): Decision {
  const { desiredCount, primary, tasks } = situation;
  const lower = Math.ceil((desiredCount * situation.minimumHealthyPercent) / 100);
  const upper = Math.floor((desiredCount * situation.maximumPercent) / 100);
  const keep = new Map(situation.older.map((deployment) => [deployment.id, deployment.keep]));
  const stopped = new Set<string>();
  let spare = tasks.filter((task) => task.healthy).length - lower;

  function stop(task: TaskView): void {
    stopped.add(task.id);
    if (task.healthy) spare -= 1;
    keep.set(task.deploymentId, Math.max(0, (keep.get(task.deploymentId) ?? 0) - 1));
  }

  const own = tasks.filter((task) => task.deploymentId === primary.id);
  for (const task of unhealthyFirst(own.toReversed()).slice(0, Math.max(0, own.length - desiredCount))) stop(task);

  if (primary.launches) {
    for (const task of unhealthyFirst(tasks.filter((each) => each.deploymentId !== primary.id))) {
      const unwanted = !task.healthy && keep.get(task.deploymentId) === 0;
      if (unwanted || (task.healthy ? spare > 0 : spare >= 0)) stop(task);
    }
  }

  const left = tasks.filter((task) => !stopped.has(task.id));
  let room = upper - left.length;
  const start: Decision['start'] = [];
  function launch(deploymentId: string, wanted: number): void {
    const count = Math.min(room, wanted - left.filter((task) => task.deploymentId === deploymentId).length);
    if (count <= 0) return;
    start.push({ deploymentId, count });
    room -= count;
  }
  if (primary.launches) launch(primary.id, desiredCount);
  for (const [deploymentId, wanted] of keep) if (deploymentId !== primary.id) launch(deploymentId, wanted);

  const steady = left.length === desiredCount && left.every((task) => task.healthy && task.deploymentId === primary.id);
  return { stop: [...stopped], start, keep, steady };
}

function unhealthyFirst(tasks: TaskView[]): TaskView[] {
  return [...tasks.filter((task) => !task.healthy), ...tasks.filter((task) => task.healthy)];
}
