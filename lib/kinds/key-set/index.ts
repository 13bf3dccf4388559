import { KeyturnError } from '../../core/errors.ts';
import type { ChosenKind } from '../../core/kind.ts';
import { Verifiers } from './client.ts';
import { keySet } from './facts.ts';
import { endsOne, identityOf, type KeySet, leaving } from './key-set.ts';
import { overlapSeconds, type Target } from './schema.ts';
import { parseValue, proposeValue } from './value.ts';
import { acceptanceOf, refuseLate } from './verify.ts';

/** Keys as a set of previous, current and next: see README.md beside this file. */
export function createKind(): ChosenKind<Target, KeySet> {
  const { verify, proveRefused } = acceptanceOf(new Verifiers());

  return {
    facts: keySet,
    origin: 'chosen',
    parse: parseValue,
    identify: identityOf,
    leaving(versions) {
      const kids = leaving(versions).map(({ kid }) => kid);
      return kids.length === 0 ? undefined : kids.join(', ');
    },
    propose: proposeValue,
    notBefore(target, current, settledAtMs) {
      if (!endsOne(current)) return undefined;
      const sinceMs = settledAtMs ?? current.createdAtMs;
      if (sinceMs === undefined)
        throw new KeyturnError(
          'SecretMalformed',
          'the secret has a previous key that would end now, no rollout of it is on record, and it has no createdAt: say there since when its current key is in use',
        );
      return sinceMs + overlapSeconds(target) * 1000;
    },
    // Verifiers know the key already: it was next. A first one they get with their first refresh.
    async install(context, { pending, current }) {
      if (current !== undefined) await verify(context, pending);
    },
    verify,
    // Its tokens expired before its successor was made, and no consumer that converged accepts it.
    lastUse: async () => ({ state: 'unused' }),
    // The consumers that read the new set have done it.
    disable: async ({ signal }) => refuseLate(signal),
    enable: async () => undefined,
    proveRefused,
    destroy: async () => undefined,
    // Nobody ever had it.
    discard: async () => undefined,
  };
}
