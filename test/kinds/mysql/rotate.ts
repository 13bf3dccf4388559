import type { KindContext } from '../../../lib/core/kind.ts';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Credential } from '../../../lib/kinds/mysql/credential.ts';
import { createKind } from '../../../lib/kinds/mysql/index.ts';
import type { Target } from '../../../lib/kinds/mysql/schema.ts';
import type { MysqlEstate } from './harness.ts';

export const kind = createKind();

/** The credential in a value that has one. */
export function credentialIn(value: SecretValue, target: Target): Credential {
  const credential = kind.parse(value, target);
  if (credential === undefined) throw new Error('the value holds no credential');
  return credential;
}

export interface Rotation {
  context: KindContext<Target>;
  value: SecretValue;
  current: Credential;
  pending: Credential;
}

/** A proposed next version, not yet installed. */
export function propose(estate: MysqlEstate, currentValue = estate.current): Rotation {
  const current = credentialIn(currentValue, estate.target);
  const value = kind.propose(estate.target, current);
  return { context: estate.context(), value, current, pending: credentialIn(value, estate.target) };
}

/** setSecret and testSecret. */
export async function rotate(estate: MysqlEstate, currentValue = estate.current): Promise<Rotation> {
  const rotation = propose(estate, currentValue);
  await kind.install(rotation.context, rotation);
  await kind.verify(rotation.context, rotation.pending);
  return rotation;
}

/** The same value with other fields. */
export function withFields(value: SecretValue, fields: Record<string, unknown>): SecretValue {
  return value.map((text) => JSON.stringify({ ...JSON.parse(text), ...fields }));
}
