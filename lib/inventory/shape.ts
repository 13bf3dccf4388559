import * as z from 'zod/mini';
import { wordingOf } from '../core/parse.ts';
import type { Mistake } from './mistake.ts';

/**
 * The inventory's shape, without its meaning: the app runs without a type check, and a key that is spelled wrongly must not
 * pass for a default. Names of kinds, policies and consumers are looked up by the checks, which have better remedies.
 */
const text = z.string();
const seconds = z.int().check(z.nonnegative());
const count = z.int().check(z.positive());
const optional = z.optional;

const Network = z.strictObject({ subnetIds: z.array(text), securityGroupIds: z.array(text) });

const Policy = z.strictObject({
  schedule: text,
  timeZone: optional(text),
  flexibleWindowMinutes: optional(z.int()),
  maximumAgeDays: z.int(),
  toleratedFailures: optional(z.int().check(z.nonnegative())),
  soakSeconds: optional(seconds),
  graceSeconds: optional(seconds),
  gateSeconds: optional(seconds),
  coalesceSeconds: optional(seconds),
  humanSeconds: optional(seconds),
});

const Check = z.strictObject({
  type: text,
  config: z.unknown(),
  successes: optional(count),
  intervalSeconds: optional(count),
  deadlineSeconds: optional(count),
});

const Consumer = z.strictObject({
  type: text,
  config: z.unknown(),
  checks: z.array(Check),
  deadlineSeconds: optional(count),
});

const View = z.union([
  text,
  z.strictObject({ template: text, userNameIn: optional(text), create: optional(z.boolean()) }),
]);

const Secret = z.strictObject({
  kind: text,
  policy: text,
  target: z.unknown(),
  create: optional(z.boolean()),
  views: optional(z.record(text, View)),
  waves: optional(z.array(z.array(text))),
  noConsumers: optional(text),
});

const Shape = z.strictObject({
  timeZone: text,
  notifyEmail: optional(text),
  encryptionKeyArns: optional(z.array(text)),
  networks: optional(z.record(text, Network)),
  policies: z.record(text, Policy),
  consumers: z.record(text, Consumer),
  secrets: z.record(text, Secret),
});

/** Keys that are missing, unknown or of the wrong type. */
export function shapeMistakes(inventory: unknown): Mistake[] {
  const { error } = Shape.safeParse(inventory);
  return (error?.issues ?? []).map((issue) => ({
    where: issue.path.length === 0 ? 'inventory' : issue.path.map(String).join(' → '),
    what: wordingOf(issue),
    remedy: 'See lib/inventory/types.ts for what stands there',
  }));
}
