/** Timers that end with the simulator. */
export interface Pauses {
  readonly closed: boolean;
  /** Resolves after `ms`, or at close. */
  wait(ms: number): Promise<void>;
  /** Calls back after `ms`, not after close. */
  later(ms: number, action: () => void): void;
  close(): void;
}

export function createPauses(): Pauses {
  const ends = new Set<() => void>();
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    wait(ms) {
      return new Promise((resolve) => {
        if (closed) return resolve();
        function end(): void {
          clearTimeout(timer);
          ends.delete(end);
          resolve();
        }
        const timer = setTimeout(end, ms);
        ends.add(end);
      });
    },
    later(ms, action) {
      void this.wait(ms).then(() => {
        if (!closed) action();
      });
    },
    close() {
      closed = true;
      for (const end of ends) end();
    },
  };
}
