import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { KeyturnError } from './errors.ts';

const seconds = z.int().check(z.nonnegative());

/** One health check of a consumer, as a rollout runs it. */
export const CheckEntry = z.object({
  type: z.string(),
  config: z.unknown(),
  /** Consecutive healthy answers that count as healthy. */
  successes: z.int().check(z.positive()),
  intervalSeconds: seconds,
  /** From the first probe; not healthy by then is unhealthy. */
  deadlineSeconds: seconds,
});
export type CheckEntry = z.infer<typeof CheckEntry>;

export const ConsumerEntry = z.object({
  name: z.string(),
  type: z.string(),
  config: z.unknown(),
  checks: z.array(CheckEntry),
  /** From the start of a refresh; not converged by then is failed. */
  deadlineSeconds: seconds,
  pollSeconds: seconds,
  /** Other secrets of the same policy that this consumer reads, by name: a campaign restarts it once for all of them. */
  sharedWith: z.array(z.string()),
});
export type ConsumerEntry = z.infer<typeof ConsumerEntry>;

export const ViewEntry = z.object({ secret: z.string(), template: z.string() });
export type ViewEntry = z.infer<typeof ViewEntry>;

/** The durations of one rollout. */
export const Timings = z.object({
  soakSeconds: seconds,
  /** Between the proof that the old credential is refused and its end for good. */
  graceSeconds: seconds,
  /** How long a gate may stay closed or unknown before the rollout holds. */
  gateSeconds: seconds,
  /** How long a shared consumer waits for the campaign's other secrets. */
  coalesceSeconds: seconds,
  /** Largest difference between two of AWS's clocks that is reckoned with. */
  skewSeconds: seconds,
  /** Between two looks at something that changes by itself. */
  pollSeconds: seconds,
  /** How long a rotation may take to promote before it is abandoned. */
  promotionSeconds: seconds,
  /** Longer than the rotation function can run: after it no stalled step can still act. */
  rotationSeconds: seconds,
  /** How long a human may take for what only a human can do, before the rollout holds. */
  humanSeconds: seconds,
  /** Between two reminders of it. */
  reminderSeconds: seconds,
});
export type Timings = z.infer<typeof Timings>;

/** One secret's inventory entry, as it stands in its SSM parameter (JSON, at most 4 KB). No values. */
export const SecretEntry = z.object({
  secret: z.string(),
  kind: z.string(),
  policy: z.string(),
  maximumAgeDays: z.number(),
  /** Of its policy: more rotations of a campaign than so many fail, and it starts no further one. Default 0. */
  toleratedFailures: z.optional(z.int().check(z.nonnegative())),
  /** What the kind's `parseTarget` takes. */
  target: z.unknown(),
  views: z.array(ViewEntry),
  /** Refreshed one wave after the other; within a wave together. Empty only with `noConsumers`. */
  waves: z.array(z.array(ConsumerEntry)),
  noConsumers: z.optional(z.string()),
  timings: Timings,
});
export type SecretEntry = z.infer<typeof SecretEntry>;

/** @throws InventoryUnreadable when the text is not an entry of this release. */
export function parseEntry(text: string, where: string): SecretEntry {
  try {
    return SecretEntry.parse(JSON.parse(text));
  } catch (cause) {
    throw new KeyturnError(
      'InventoryUnreadable',
      `the inventory entry ${where} is not readable by this release: deploy the app again`,
      {
        cause,
      },
    );
  }
}

/**
 * The SSM parameter that holds a secret's entry. Characters that SSM refuses in a name are written as `-xHH-`, as are the
 * slashes that would make an empty level: `/app/db` is a common name of a secret.
 */
export function parameterNameOf(secretName: string): string {
  const safe = secretName.replace(/[^A-Za-z0-9_./-]|^\/|(?<=\/)\/|\/$/g, (c) => `-x${c.charCodeAt(0).toString(16)}-`);
  return `${parameterPath}/${safe}`;
}

export const parameterPath = '/keyturn/secrets';

/** SHA-256 over an entry's content, the same however it was serialized. */
export function hashOf(entry: SecretEntry): string {
  return createHash('sha256')
    .update(JSON.stringify(SecretEntry.parse(entry)))
    .digest('hex');
}
