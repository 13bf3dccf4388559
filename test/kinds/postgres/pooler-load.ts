import { setTimeout as wait } from 'node:timers/promises';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import type { PooledEstate } from './pooled.ts';

/** Clients that send requests through a pooler without a pause. */
export interface Load {
  /** Resolves when so many more have been sent. */
  requests(count: number): Promise<void>;
  /** Starts the clients anew with another value, one after the other, as a deployment does: each ends what it is at first. */
  moveTo(value: SecretValue): Promise<void>;
  stop(): Promise<{ sent: number; failed: string[] }>;
}

const clients = 6;
/** How many requests a client sends over one connection before it makes a new one. */
const requestsPerConnection = 7;

export function startLoad(estate: PooledEstate, first: SecretValue): Load {
  let sent = 0;
  const failed: string[] = [];

  async function connection(value: SecretValue, running: () => boolean): Promise<void> {
    const client = await estate.through(value);
    try {
      for (let request = 0; request < requestsPerConnection && running(); request += 1) {
        sent += 1;
        await client.query('SELECT session_user, pg_sleep(0.002)');
      }
    } finally {
      await client.end();
    }
  }

  function startClient(value: SecretValue): () => Promise<void> {
    let running = true;
    const ended = (async () => {
      while (running) {
        await connection(value, () => running).catch((error: Error) => void failed.push(error.message));
      }
    })();
    return async () => {
      running = false;
      await ended;
    };
  }

  const ends = Array.from({ length: clients }, () => startClient(first));
  return {
    async requests(count) {
      const goal = sent + count;
      while (sent < goal && failed.length === 0) await wait(5);
    },
    async moveTo(value) {
      for (const [at, end] of ends.entries()) {
        ends[at] = startClient(value);
        await end();
      }
    },
    async stop() {
      await Promise.all(ends.map((end) => end()));
      return { sent, failed };
    },
  };
}
