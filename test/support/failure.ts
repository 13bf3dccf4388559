import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type ErrorCode, KeyturnError } from '../../lib/core/errors.ts';

/** Expects the verb to fail with this code, and nothing in its error, its causes included, that looks like a secret. */
export async function failureOf(code: ErrorCode, verb: Promise<unknown>, secret: RegExp): Promise<KeyturnError> {
  const error = await verb.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyturnError);
  const known = error as KeyturnError;
  expect(known.code, known.message).toBe(code);
  expect(inspect(known, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toMatch(secret);
  return known;
}
