import type { SimulatorClock } from '../clock.ts';
import type { Outcome } from './definition.ts';

/** One minute before the first retry and two before the second. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const retryDelaysMs = [60_000, 120_000];

/** Event invocations: accepted at once, run behind the caller's back, retried when the function fails. */
export class Background {
  private readonly clock: SimulatorClock;
  private readonly stop = new AbortController();
  private readonly running = new Set<Promise<void>>();

  constructor(clock: SimulatorClock) {
    this.clock = clock;
  }

  /** @param attempt must not reject for anything that the function did. */
  start(attempt: () => Promise<Outcome>, onLost: (reason: string) => void): void {
    const run = this.run(attempt)
      .catch((error: unknown) => onLost(error instanceof Error ? error.message : String(error)))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async run(attempt: () => Promise<Outcome>): Promise<void> {
    let outcome = await attempt();
    for (const delayMs of retryDelaysMs) {
      if (outcome.functionError === undefined) return;
      await this.clock.sleep(delayMs, this.stop.signal);
      if (this.stop.signal.aborted) return;
      outcome = await attempt();
    }
    if (outcome.functionError !== undefined) throw new Error(`Event dropped after retries: ${outcome.payload}`);
  }

  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.running);
  }
}
