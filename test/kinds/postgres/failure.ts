import type { ErrorCode, KeyturnError } from '../../../lib/core/errors.ts';
import { failureOf } from '../../support/failure.ts';

/** Texts that tests use as secrets, and what a verifier looks like: no error may print any. */
const secretLooks = /password-\d|SCRAM-SHA-256\$|canary/;

/** Expects the verb to fail with this code, and nothing secret in its error. */
export function failure(code: ErrorCode, verb: Promise<unknown>): Promise<KeyturnError> {
  return failureOf(code, verb, secretLooks);
}
