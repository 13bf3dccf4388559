import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type ErrorCode, KeyturnError } from '../../../lib/core/errors.ts';
import type { KindContext } from '../../../lib/core/kind.ts';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import { type Credential, parseCredential } from '../../../lib/kinds/ssh-key/credential.ts';
import { createKind } from '../../../lib/kinds/ssh-key/index.ts';
import type { Target } from '../../../lib/kinds/ssh-key/schema.ts';
import type { SshEstate } from './harness.ts';

export const kind = createKind();

/** The credential in a value that has one. */
export function credentialIn(value: SecretValue, target: Target): Credential {
  return parseCredential(value, target) ?? expect.fail('the value holds no credential');
}

export interface Rotation {
  context: KindContext<Target>;
  value: SecretValue;
  current: Credential;
  pending: Credential;
}

/** A proposed next version, not yet installed. */
export function propose(estate: SshEstate, currentValue = estate.current): Rotation {
  const current = credentialIn(currentValue, estate.target);
  const value = kind.propose(estate.target, current);
  return { context: estate.context(), value, current, pending: credentialIn(value, estate.target) };
}

/** setSecret and testSecret. */
export async function rotate(estate: SshEstate, currentValue = estate.current): Promise<Rotation> {
  const rotation = propose(estate, currentValue);
  await kind.install(rotation.context, rotation);
  await kind.verify(rotation.context, rotation.pending);
  return rotation;
}

/** Expects the verb to fail with this code, and nothing secret in its error. */
export async function failure(code: ErrorCode, verb: Promise<unknown>): Promise<KeyturnError> {
  const error = await verb.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyturnError);
  const known = error as KeyturnError;
  expect(known.code, known.message).toBe(code);
  expect(inspect(known, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toMatch(
    /PRIVATE KEY|b3BlbnNzaC1rZXk/,
  );
  return known;
}
