import { Agent } from 'node:http';
import { ask } from './request.ts';

export interface Target {
  service: string;
  /** Of its balancer. */
  url: string;
}

export interface LoadOptions {
  targets: readonly Target[];
  /** To each target. */
  requestsPerSecond: number;
  /** Connections to each target; a request that finds none free waits for one. Default 16. */
  connections?: number;
  /** From the instant at which a request is due, waiting for a connection included. Default 10,000. */
  timeoutMs?: number;
  /** What happens at the moment, for the record of a failure. */
  phase(): string;
}

export interface Failure {
  dueAtMs: number;
  atMs: number;
  service: string;
  /** Undefined: no answer. */
  status: number | undefined;
  error: string;
  phase: string;
}

/** Clients that send requests for the whole time. */
export interface Load {
  /** Requests so far. */
  readonly sent: number;
  readonly failures: readonly Failure[];
  /** Sends no more. Resolves when every request has its answer. */
  stop(): Promise<void>;
}

const tickMs = 10;

/**
 * Open loop: requests are due at a constant rate, however slowly they are answered, so that a pause of a service is
 * seen by all the requests that would have come meanwhile. No request is sent twice.
 */
export function startLoad(options: LoadOptions): Load {
  const { targets, requestsPerSecond, connections = 16, timeoutMs = 10_000, phase } = options;
  const agents = new Map(targets.map(({ url }) => [url, new Agent({ keepAlive: true, maxSockets: connections })]));
  const failures: Failure[] = [];
  const open = new Set<Promise<void>>();
  const startedAtMs = Date.now();
  let sent = 0;
  let rounds = 0;

  async function send({ service, url }: Target, dueAtMs: number): Promise<void> {
    const agent = agents.get(url);
    if (agent === undefined) return;
    const outcome = await ask(url, agent, dueAtMs + timeoutMs - Date.now());
    if (outcome.ok) return;
    failures.push({ dueAtMs, atMs: Date.now(), service, status: outcome.status, error: outcome.error, phase: phase() });
  }

  function sendWhatIsDue(): void {
    const due = Math.floor(((Date.now() - startedAtMs) * requestsPerSecond) / 1000);
    for (; rounds < due; rounds += 1) {
      const dueAtMs = startedAtMs + (rounds * 1000) / requestsPerSecond;
      for (const target of targets) {
        sent += 1;
        const request = send(target, dueAtMs).finally(() => open.delete(request));
        open.add(request);
      }
    }
  }

  const timer = setInterval(sendWhatIsDue, tickMs);
  return {
    get sent() {
      return sent;
    },
    failures,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      for (const agent of agents.values()) agent.destroy();
    },
  };
}
