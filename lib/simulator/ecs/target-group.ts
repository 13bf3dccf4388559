import { get } from 'node:http';

export interface TargetGroupOptions {
  /** Answers 200 when the target is healthy. */
  healthPath: string;
  /** Default 30,000, as an Application Load Balancer's. */
  intervalMs?: number;
  /** Default 5,000. */
  timeoutMs?: number;
  /** Successes in a row that make an unhealthy target healthy. Default 5. */
  healthyThreshold?: number;
  /** Default 2. */
  unhealthyThreshold?: number;
  /** Default 300,000. */
  deregistrationDelayMs?: number;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-states */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

export interface Target {
  readonly id: string;
  readonly port: number;
  state: TargetState;
}

/** Where a balancer sends requests: a service's running tasks. */
export interface TargetGroup {
  readonly targets: readonly Target[];
  /** Starts as `initial`; one success makes it healthy, as for any newly registered target. */
  register(id: string, port: number): void;
  /** No new requests from now on. Resolves when the deregistration delay is over. No error if it is not registered. */
  deregister(id: string): Promise<void>;
  /** At once, for a target that is gone. */
  remove(id: string): void;
  /** Called for every change from or to `healthy` or `unhealthy`. */
  onHealth(listener: (id: string, state: 'healthy' | 'unhealthy') => void): void;
  close(): void;
}

interface CheckedTarget extends Target {
  successes: number;
  failures: number;
  timer?: NodeJS.Timeout;
}

export function createTargetGroup(options: TargetGroupOptions): TargetGroup {
  const { healthPath, intervalMs = 30_000, timeoutMs = 5_000, healthyThreshold = 5, unhealthyThreshold = 2 } = options;
  const { deregistrationDelayMs = 300_000 } = options;
  const targets: CheckedTarget[] = [];
  const listeners: ((id: string, state: 'healthy' | 'unhealthy') => void)[] = [];
  const delays = new Set<() => void>();

  function check(target: CheckedTarget): void {
    let over = false;
    function settle(success: boolean): void {
      if (over || !targets.includes(target) || target.state === 'draining') return;
      over = true;
      count(target, success);
      target.timer = setTimeout(() => check(target), intervalMs);
    }
    const request = get(
      { host: '127.0.0.1', port: target.port, path: healthPath, agent: false, timeout: timeoutMs },
      (response) => {
        response.resume();
        settle(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => settle(false));
    request.on('close', () => settle(false));
  }

  function count(target: CheckedTarget, success: boolean): void {
    target.successes = success ? target.successes + 1 : 0;
    target.failures = success ? 0 : target.failures + 1;
    const needed = target.state === 'initial' ? 1 : healthyThreshold;
    if (target.state !== 'healthy' && target.successes >= needed) become(target, 'healthy');
    if (target.state !== 'unhealthy' && target.failures >= unhealthyThreshold) become(target, 'unhealthy');
  }

  function become(target: CheckedTarget, state: 'healthy' | 'unhealthy'): void {
    target.state = state;
    for (const listener of listeners) listener(target.id, state);
  }

  function remove(id: string): void {
    const index = targets.findIndex((target) => target.id === id);
    const [removed] = index < 0 ? [] : targets.splice(index, 1);
    clearTimeout(removed?.timer);
  }

  return {
    targets,
    register(id, port) {
      const target: CheckedTarget = { id, port, state: 'initial', successes: 0, failures: 0 };
      targets.push(target);
      check(target);
    },
    async deregister(id) {
      const target = targets.find((each) => each.id === id);
      if (!target) return;
      target.state = 'draining';
      clearTimeout(target.timer);
      await new Promise<void>((resolve) => {
        function end(): void {
          clearTimeout(timer);
          delays.delete(end);
          resolve();
        }
        const timer = setTimeout(end, deregistrationDelayMs);
        delays.add(end);
      });
      remove(id);
    },
    remove,
    onHealth: (listener) => listeners.push(listener),
    close() {
      for (const target of targets.slice()) remove(target.id);
      for (const end of delays) end();
    },
  };
}
