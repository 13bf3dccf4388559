import * as z from 'zod/mini';

export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = (typeof steps)[number];

/** What Secrets Manager invokes a rotation function with. RotationToken comes with cross-account rotation and is passed on. */
export const RotationEvent = z.object({
  Step: z.enum(steps),
  SecretId: z.string().check(z.minLength(1)),
  ClientRequestToken: z.string().check(z.minLength(32), z.maxLength(64)),
  RotationToken: z.optional(z.string()),
});
export type RotationEvent = z.infer<typeof RotationEvent>;
