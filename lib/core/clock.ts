/** The one clock, injected everywhere. Instants are epoch milliseconds. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`; rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
