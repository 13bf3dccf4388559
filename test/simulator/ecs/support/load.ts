import { Agent, get } from 'node:http';

export interface Load {
  /** Requests so far. */
  sent(): number;
  /** Tasks that have answered so far. */
  tasks(): number;
  /** Ends it. Resolves when the last answer is there. */
  stop(): Promise<{ sent: number; failures: string[]; answeredBy: Map<string, number> }>;
}

/** `clients` that send one request after the other, over connections that they keep. */
export function startLoad(url: string, clients: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const failures: string[] = [];
  const answeredBy = new Map<string, number>();
  let sent = 0;
  let stopping = false;

  async function client(): Promise<void> {
    while (!stopping) {
      sent += 1;
      const outcome = await ask();
      if (outcome.failure !== undefined) failures.push(outcome.failure);
      else answeredBy.set(outcome.pid, (answeredBy.get(outcome.pid) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  function ask(): Promise<{ failure?: string; pid: string }> {
    return new Promise((resolve) => {
      const request = get(`${url}/?ms=3`, { agent }, async (response) => {
        try {
          const body = Buffer.concat(await response.toArray()).toString();
          if (response.statusCode === 200) resolve({ pid: String(JSON.parse(body).pid) });
          else resolve({ failure: `${response.statusCode} ${body}`, pid: '' });
        } catch (error) {
          resolve({ failure: String(error), pid: '' });
        }
      });
      request.on('error', (error) => resolve({ failure: String(error), pid: '' }));
    });
  }

  const running = Array.from({ length: clients }, client);
  return {
    sent: () => sent,
    tasks: () => answeredBy.size,
    async stop() {
      stopping = true;
      await Promise.all(running);
      agent.destroy();
      return { sent, failures, answeredBy };
    },
  };
}
