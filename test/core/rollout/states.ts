import type { SecretState } from '../../../lib/core/ports.ts';

/** A secret as Secrets Manager describes it, by its versions' labels. */
export const stateOf = (versions: Record<string, string[]>, name = 'house/db'): SecretState => ({
  arn: 'arn',
  name,
  rotationEnabled: true,
  versions,
  tags: {},
  lastChangedAtMs: undefined,
});
