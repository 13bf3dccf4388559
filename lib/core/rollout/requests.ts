import * as z from 'zod/mini';
import { ConsumerEntry } from '../entry.ts';
import { Turn } from './turn.ts';

const secretArn = z.string();
const versionId = z.string();

/** What the workflow asks of the rollout function: labels, views, the inventory, the record. No target, no consumer. */
export const RolloutRequest = z.discriminatedUnion('op', [
  z.object({ op: z.literal('observe'), secretArn, versionId, startedAt: z.string() }),
  z.object({ op: z.literal('plan'), secretArn, versionId }),
  z.object({ op: z.literal('write-views'), secretArn, turn: Turn }),
  z.object({
    op: z.literal('meet'),
    secretArn,
    turn: Turn,
    consumer: ConsumerEntry,
    promotedAtMs: z.number(),
    /** What it waited for when it was last asked. */
    waitingFor: z._default(z.nullable(z.string()), null),
  }),
  z.object({ op: z.literal('converged') }),
  z.object({ op: z.literal('check-plan'), secretArn, turn: Turn, entryHash: z.string() }),
  z.object({
    op: z.literal('await-gate'),
    secretArn,
    reason: z.string(),
    sinceMs: z.number(),
    soakSeconds: z.number(),
  }),
  z.object({
    op: z.literal('remind'),
    secretArn,
    identity: z.string(),
    task: z.string(),
    asked: z.nullable(z.object({ sinceMs: z.number(), remindedAtMs: z.number() })),
  }),
  z.object({ op: z.literal('move-back'), secretArn, turn: Turn }),
  z.object({ op: z.literal('close'), secretArn, turn: Turn }),
  z.object({ op: z.literal('strip-pending'), secretArn, versionId }),
  z.object({ op: z.literal('end-abandoned'), secretArn, versionId }),
  z.object({
    op: z.literal('record'),
    result: z.enum(['retired', 'rolled-back', 'held', 'abandoned']),
    state: z.looseObject({ secretArn, versionId, attempt: z.number() }),
  }),
]);
export type RolloutRequest = z.infer<typeof RolloutRequest>;

const pair = { secretArn, keep: versionId, retire: versionId };

/** When every reader could have `keep`. Left out where no promotion led here. */
const promotedAtMs = z.optional(z.number());

/** What the workflow, and the rotate function for an orphan, ask of a kind's retire function. */
export const RetireRequest = z.discriminatedUnion('op', [
  z.object({ op: z.literal('last-use'), ...pair, sinceMs: z.number(), promotedAtMs }),
  z.object({ op: z.literal('disable'), ...pair, promotedAtMs }),
  z.object({ op: z.literal('prove-refused'), ...pair }),
  z.object({ op: z.literal('enable'), ...pair }),
  z.object({ op: z.literal('verify-predecessor'), ...pair }),
  z.object({ op: z.literal('destroy'), ...pair }),
  z.object({ op: z.literal('discard-abandoned'), secretArn, versionId }),
  z.object({ op: z.literal('discard-orphan'), secretArn, identity: z.string() }),
]);
export type RetireRequest = z.infer<typeof RetireRequest>;

const version = z.object({
  secretArn,
  versionId,
  // None from an execution that began before the plan named them.
  views: z._default(z.array(z.string()), []),
  promotedAtMs: z.number(),
});

/** What the workflow asks of a consumer type's function. */
export const ConsumerRequest = z.discriminatedUnion('op', [
  z.object({ op: z.literal('refresh'), consumer: ConsumerEntry, version, mayStart: z.boolean() }),
  z.object({
    op: z.literal('progress'),
    consumer: ConsumerEntry,
    ticket: z.looseObject({ ...version.shape, deadlineAtMs: z.number() }),
  }),
]);
export type ConsumerRequest = z.infer<typeof ConsumerRequest>;

/** What the workflow asks of a check's function: one probe, counted. */
export const ProbeRequest = z.object({
  check: z.object({ type: z.string(), config: z.unknown(), successes: z.number(), deadlineSeconds: z.number() }),
  tally: z.nullable(z.object({ successes: z.number(), startedAtMs: z.number() })),
});
export type ProbeRequest = z.infer<typeof ProbeRequest>;
