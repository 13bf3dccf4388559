import type * as z from 'zod/mini';
import { KeyturnError } from './errors.ts';

/** What a schema without a message of its own says (zod/mini carries no texts). */
const unworded = 'Invalid input';

/** What is wrong, without the place. */
export function wordingOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? unworded;
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')} is not known here`;
  if (issue.code === 'invalid_type' && issue.message === unworded) return `missing or not of type ${issue.expected}`;
  return issue.message;
}

/**
 * Parses what an engineer wrote, and names the place of the first mistake: `target.userName: …`.
 * Not for secret values: a message may repeat the input.
 * @throws InvalidInput
 */
export function parseInput<T>(schema: z.ZodMiniType<T>, input: unknown, where: string): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [where, ...(issue?.path ?? []).map(String)].join('.');
  throw new KeyturnError('InvalidInput', `${place}: ${issue ? wordingOf(issue) : unworded}`);
}
