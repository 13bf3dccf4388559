import { setTimeout as wait } from 'node:timers/promises';

/** Ends a server program, and resolves when it has ended. */
export type End = (signal: NodeJS.Signals) => Promise<void>;

/** A server program that can be ended and started again at the same port. */
export interface Running {
  /** Resolves when it answers again, `awayMs` after its end or later. */
  restart(awayMs: number): Promise<void>;
  /** For good, also in the middle of a restart. */
  stop(): Promise<void>;
}

/** @param start resolves when the server answers */
export async function keepRunning(
  start: () => Promise<End>,
  signals: { restart: NodeJS.Signals; stop: NodeJS.Signals },
): Promise<Running> {
  let end = await start();
  let isOver = false;
  let coming: Promise<void> = Promise.resolve();
  return {
    async restart(awayMs) {
      await end(signals.restart);
      await wait(awayMs);
      if (isOver) return;
      const starting = start().then((next) => {
        end = next;
      });
      coming = starting.catch(() => undefined);
      await starting;
    },
    async stop() {
      isOver = true;
      await coming;
      await end(signals.stop);
    },
  };
}
