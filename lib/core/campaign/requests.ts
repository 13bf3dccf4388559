import * as z from 'zod/mini';

const secret = z.string();
const token = z.string();

export const Outcome = z.object({
  secret,
  outcome: z.enum(['turned', 'skipped', 'waiting', 'failed']),
  reason: z.string(),
});
export type Outcome = z.infer<typeof Outcome>;

/** A rotation that a campaign is to start, together with the others of its group. */
export const CampaignItem = z.object({ secret, token, group: z.number() });
export type CampaignItem = z.infer<typeof CampaignItem>;

/** What the campaign machine asks of the campaign function. */
export const CampaignRequest = z.discriminatedUnion('op', [
  z.object({ op: z.literal('plan'), policy: z.string(), scheduledTime: z.string() }),
  z.object({
    op: z.literal('next'),
    /** Not started yet. */
    rest: z.array(CampaignItem),
    /** Of the batches before the last one, and of that. */
    outcomes: z.array(Outcome),
    ended: z.array(Outcome),
    toleratedFailures: z.number(),
    batchSize: z.number(),
  }),
  z.object({ op: z.literal('start'), secret, token }),
  z.object({ op: z.literal('look'), secret, token, startedAtMs: z.number() }),
  z.object({ op: z.literal('report'), policy: z.string(), outcomes: z.array(Outcome) }),
]);
export type CampaignRequest = z.infer<typeof CampaignRequest>;
