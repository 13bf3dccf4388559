import * as z from 'zod/mini';

/**
 * One way through the rollout. Going back is the same way with `keep` and `retire` exchanged.
 * Version ids; `keep` is AWSCURRENT, `retire` carries the retiring label.
 */
export const Turn = z.object({
  direction: z.enum(['forward', 'back']),
  keep: z.string(),
  retire: z.string(),
  /** Between the consumers' convergence and the gates. Going back: longer than the rotation function can run. */
  soakSeconds: z.number(),
  graceSeconds: z.number(),
});
export type Turn = z.infer<typeof Turn>;
