import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type ErrorCode, KeyturnError } from '../../../lib/core/errors.ts';

/** Texts that tests use as secrets, and what a hash looks like: no error may print any. */
const secretLooks = /password-\d|\*[0-9A-F]{40}|\$A\$005|canary/;

/** Expects the verb to fail with this code, and nothing secret in its error. */
export async function failure(code: ErrorCode, verb: Promise<unknown>): Promise<KeyturnError> {
  const error = await verb.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyturnError);
  const known = error as KeyturnError;
  expect(known.code, known.message).toBe(code);
  expect(inspect(known, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toMatch(secretLooks);
  return known;
}
