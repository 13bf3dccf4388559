import type { House } from '../support/house.ts';

/** How the world goes on after a function failed, as AWS does it. */
export const continuations = {
  /** Secrets Manager retries from createSecret with the same token; Step Functions retries the task. */
  retried: { rotationAttempts: 5, taskRetries: true },
  /** Secrets Manager gives up, and a new rotation comes with a new token. */
  'new token': { rotationAttempts: 1, taskRetries: true },
  /** The task is not retried, the execution fails, and another attempt starts from the labels. */
  'new attempt': { rotationAttempts: 5, taskRetries: false },
} as const;
export type Continuation = keyof typeof continuations;

const patienceMs = 20_000;

/** Lets everything that runs by itself come to rest. */
export async function settle(house: House): Promise<void> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const rolling = house.states.executionsOf().filter(({ status }) => status === 'RUNNING');
    for (const { arn } of rolling) await house.states.closed(arn);
    if (rolling.length === 0 && !house.isRotating()) return;
    if (Date.now() > deadlineMs) throw new Error('the world does not come to rest');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/**
 * Starts a rotation and lets the world go on until nothing moves. What comes next comes by itself: the next campaign
 * rotates again, and a held rollout gets another attempt.
 */
export async function turnThrough(house: House): Promise<void> {
  for (let rotation = 1; rotation <= 4; rotation += 1) {
    const versionId = await house.start();
    await settle(house);
    for (let attempt = 2; attempt <= 4 && (await isOpen(house)); attempt += 1) {
      await house.resume();
      await settle(house);
    }
    const { AWSCURRENT: current, AWSPENDING: pending } = await house.labelsOf();
    if (current === versionId) return;
    // AWS keeps a rotation that it gave up and tries it again; an operator (or a campaign) that wants a new one strips it.
    if (pending !== undefined && pending !== current)
      await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: pending });
  }
}

async function isOpen(house: House): Promise<boolean> {
  return (await house.labelsOf())['KEYTURN_RETIRING'] !== undefined;
}
