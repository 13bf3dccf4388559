import type { FunctionDefinition, Outcome } from './definition.ts';
import type { Invocation, Sandbox } from './sandbox.ts';

/** The execution environments of one function: concurrency is more processes, and a warm one is used again. */
export interface Pool {
  readonly definition: FunctionDefinition;
  /** Invocations that are running now. */
  readonly busy: number;
  invoke(invocation: Invocation, onStart: (sandbox: Sandbox) => void): Promise<Outcome>;
  close(): Promise<void>;
}

/** @param idleMs how long a process without work stays warm. */
export function createPool(definition: FunctionDefinition, start: () => Promise<Sandbox>, idleMs: number): Pool {
  const sandboxes = new Set<Sandbox>();
  const warm: { sandbox: Sandbox; expiry: NodeJS.Timeout }[] = [];
  let busy = 0;
  let closed = false;

  async function acquire(): Promise<Sandbox> {
    for (let last = warm.pop(); last !== undefined; last = warm.pop()) {
      clearTimeout(last.expiry);
      if (last.sandbox.alive) return last.sandbox;
      sandboxes.delete(last.sandbox);
    }
    const sandbox = await start();
    sandboxes.add(sandbox);
    if (closed) await discard(sandbox);
    return sandbox;
  }

  async function discard(sandbox: Sandbox): Promise<void> {
    sandboxes.delete(sandbox);
    await sandbox.kill();
  }

  function keepWarm(sandbox: Sandbox): void {
    const entry = { sandbox, expiry: setTimeout(expire, idleMs) };
    entry.expiry.unref();
    warm.push(entry);
    function expire(): void {
      warm.splice(warm.indexOf(entry), 1);
      void discard(sandbox);
    }
  }

  return {
    definition,
    get busy() {
      return busy;
    },
    async invoke(invocation, onStart) {
      busy += 1;
      try {
        const sandbox = await acquire();
        onStart(sandbox);
        const outcome = await sandbox.invoke(invocation);
        if (sandbox.alive && !closed) keepWarm(sandbox);
        else await discard(sandbox);
        return outcome;
      } finally {
        busy -= 1;
      }
    },
    async close() {
      closed = true;
      for (const { expiry } of warm) clearTimeout(expiry);
      await Promise.all([...sandboxes].map(discard));
    },
  };
}
