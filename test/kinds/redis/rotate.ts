import { expect } from 'vitest';
import type { ErrorCode, KeyturnError } from '../../../lib/core/errors.ts';
import type { KindContext } from '../../../lib/core/kind.ts';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import { createKind } from '../../../lib/kinds/redis/index.ts';
import type { Target } from '../../../lib/kinds/redis/schema.ts';
import type { Credential } from '../../../lib/kinds/shared/redis-user/credential.ts';
import { failureOf } from '../../support/failure.ts';
import type { RedisEstate } from './harness.ts';

export const kind = createKind();

/** The credential in a value that has one. */
export function credentialIn(value: SecretValue, target: Target): Credential {
  return kind.parse(value, target) ?? expect.fail('the value holds no credential');
}

export interface Rotation {
  context: KindContext<Target>;
  value: SecretValue;
  current: Credential;
  pending: Credential;
}

/** A proposed next version, not yet installed. */
export function propose(estate: RedisEstate, currentValue = estate.current): Rotation {
  const current = credentialIn(currentValue, estate.target);
  const value = kind.propose(estate.target, current);
  return { context: estate.context(), value, current, pending: credentialIn(value, estate.target) };
}

/** setSecret and testSecret. */
export async function rotate(estate: RedisEstate, currentValue = estate.current): Promise<Rotation> {
  const rotation = propose(estate, currentValue);
  await kind.install(rotation.context, rotation);
  await kind.verify(rotation.context, rotation.pending);
  return rotation;
}

/** A whole turn: afterwards only the new password is accepted. */
export async function turn(estate: RedisEstate, currentValue = estate.current): Promise<Rotation> {
  const rotation = await rotate(estate, currentValue);
  const versions = { retire: rotation.current, keep: rotation.pending };
  await kind.disable(rotation.context, versions);
  await kind.proveRefused(rotation.context, versions);
  return rotation;
}

/** Expects the verb to fail with this code, and nothing secret in its error. */
export function failure(code: ErrorCode, verb: Promise<unknown>): Promise<KeyturnError> {
  return failureOf(code, verb, /password-\d|[0-9a-f]{64}/);
}
