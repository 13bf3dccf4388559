import { expect } from 'vitest';
import type { ErrorCode, KeyturnError } from '../../../lib/core/errors.ts';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import { createKind } from '../../../lib/kinds/elasticache-user/index.ts';
import type { Target } from '../../../lib/kinds/elasticache-user/schema.ts';
import type { Credential } from '../../../lib/kinds/shared/redis-user/credential.ts';
import { failureOf } from '../../support/failure.ts';
import type { CacheEstate, Cluster } from './harness.ts';

/** The SDK reads the environment at a client's first call: after `signAs` and for another cluster a new one is needed. */
export let kind = createKind();

export function renewKind(): void {
  kind = createKind();
}

export function credentialIn(value: SecretValue, target: Target): Credential {
  return kind.parse(value, target) ?? expect.fail('the value holds no credential');
}

/** A proposed next version, not yet installed. */
export function propose(estate: CacheEstate, currentValue = estate.current) {
  const current = credentialIn(currentValue, estate.target);
  const value = kind.propose(estate.target, current);
  return { context: estate.context(), value, current, pending: credentialIn(value, estate.target) };
}

/** setSecret and testSecret. */
export async function rotate(estate: CacheEstate, currentValue = estate.current) {
  const rotation = propose(estate, currentValue);
  await kind.install(rotation.context, rotation);
  await kind.verify(rotation.context, rotation.pending);
  return rotation;
}

/** What AWS was asked for while something was done. */
export async function asked(cluster: Cluster, work: () => Promise<unknown>): Promise<string[]> {
  const before = cluster.world.calls.length;
  await work();
  return cluster.world.calls.slice(before).map(({ operation }) => operation);
}

/** Expects the verb to fail with this code, and nothing secret in its error. */
export function failure(code: ErrorCode, verb: Promise<unknown>): Promise<KeyturnError> {
  return failureOf(code, verb, /password-\d|[0-9a-f]{64}/);
}
