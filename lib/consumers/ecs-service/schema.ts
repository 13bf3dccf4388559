import * as z from 'zod/mini';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html: letters, digits, `_` and `-`, up to 255. */
function name(what: string) {
  return z
    .string({ error: `the name of the ${what} is missing` })
    .check(z.regex(/^[\w-]{1,255}$/, { error: `not the name of an ${what} (its name alone, not its ARN)` }));
}

/** An ECS service whose tasks get the secret injected when they start. */
export const Config = z.strictObject({
  cluster: name('ECS cluster'),
  service: name('ECS service'),
  /** What a desired count of 0 means: no proof (the default), or for this stated reason proof enough that nothing runs. */
  whenScaledToZero: z.optional(
    z.union(
      [
        z.literal('hold'),
        z.strictObject({ accept: z.string().check(z.regex(/\S/, { error: 'the reason is empty' })) }),
      ],
      { error: `'hold' or { accept: '<reason>' }` },
    ),
  ),
});
export type Config = z.infer<typeof Config>;
