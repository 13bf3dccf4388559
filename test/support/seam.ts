import { AsyncLocalStorage } from 'node:async_hooks';

/** What happens at one external call. */
export const crashModes = [
  'killed before',
  'killed after',
  'throttled',
  'timed out with effect',
  'timed out without',
] as const;
export type CrashMode = (typeof crashModes)[number];

/** The function's process has died: nothing that it does any more has an effect, and nobody hears of it. */
export class Killed extends Error {
  override name = 'Runtime.ExitError';
}

interface Invocation {
  seam: Seam;
  functionName: string;
  dead: boolean;
}

/** Houses work side by side: what a driver does belongs to the invocation that asked for it. */
const running = new AsyncLocalStorage<Invocation>();

/** How a caller's own client words a throttled call and one without an answer. */
export interface Faults {
  throttled(): unknown;
  timedOut(): unknown;
}

/** Every external call of a function's invocation passes here; one of them can be made to fail. */
export class Seam {
  /** What passed, oldest first: `rotate: secretsmanager:PutSecretValue`. */
  readonly calls: string[] = [];
  /** The call that the armed failure struck; a run that polls less than the clean one may not get there. */
  struck: string | undefined;
  #at: { index: number; mode: CrashMode } | undefined;

  /** The seam of the invocation that runs; undefined outside of any. */
  static current(): Seam | undefined {
    return running.getStore()?.seam;
  }

  /** Makes one of the calls that come from now on fail, counted from 0. */
  arm({ index, mode }: { index: number; mode: CrashMode }): void {
    this.#at = { index: this.calls.length + index, mode };
  }

  /** Runs a function's invocation. A killed one ends as Lambda reports it, whatever its own code makes of the failure. */
  async invoke<T>(functionName: string, work: () => Promise<T>): Promise<T> {
    const invocation = { seam: this, functionName, dead: false };
    return await running.run(invocation, async () => {
      try {
        return await work();
      } finally {
        if (invocation.dead) {
          // biome-ignore lint/correctness/noUnsafeFinally: the process is gone, and with it what it would have answered.
          throw new Killed('the function died');
        }
      }
    });
  }

  /** One external call. Outside of an invocation (the test's own look at the world) it just happens. */
  async pass<T>(label: string, effect: () => Promise<T>, faults: Faults): Promise<T> {
    const invocation = running.getStore();
    if (invocation === undefined) return await effect();
    if (invocation.dead) throw new Killed('the function is dead');
    const index = this.calls.push(`${invocation.functionName}: ${label}`) - 1;
    if (this.#at?.index !== index) return await effect();
    this.struck = this.calls[index];
    return await this.#strike(invocation, this.#at.mode, effect, faults);
  }

  async #strike<T>(invocation: Invocation, mode: CrashMode, effect: () => Promise<T>, faults: Faults): Promise<T> {
    if (mode === 'throttled') throw faults.throttled();
    if (mode === 'timed out without') throw faults.timedOut();
    if (mode === 'killed after' || mode === 'timed out with effect') await effect().catch(() => undefined);
    if (mode === 'timed out with effect') throw faults.timedOut();
    invocation.dead = true;
    throw new Killed('the function died');
  }
}
