import { setTimeout as wait } from 'node:timers/promises';

/** Waits until something holds; what cannot be looked at yet does not hold yet. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while (!(await Promise.resolve(holds()).catch(() => false))) {
    if (Date.now() > deadlineMs) throw new Error(`it did not come to that: ${holds}`);
    await wait(2);
  }
}
