import type { KindFacts } from '../core/kind.ts';
import type { Revocation } from '../core/rollout/plan.ts';
import { elasticacheUser } from './elasticache-user/facts.ts';
import { httpApiKey } from './http-api-key/facts.ts';
import { iamAccessKey } from './iam-access-key/facts.ts';
import { keySet } from './key-set/facts.ts';
import { mysql } from './mysql/facts.ts';
import { postgres } from './postgres/facts.ts';
import { redis } from './redis/facts.ts';
import { sshKey } from './ssh-key/facts.ts';
import { supplied } from './supplied/facts.ts';

/** One line per kind: its folder's name and its facts. Facts only, so that everything may read it. */
export const kinds = {
  'elasticache-user': elasticacheUser,
  'http-api-key': httpApiKey,
  'iam-access-key': iamAccessKey,
  'key-set': keySet,
  mysql,
  postgres,
  redis,
  'ssh-key': sshKey,
  supplied,
} as const;

export type KindId = keyof typeof kinds;

export const kindIds = Object.keys(kinds) as KindId[];

/** A kind's facts with its target's type forgotten. */
export function factsOf(id: KindId): KindFacts {
  return kinds[id] as KindFacts;
}

/** Where a human makes the values of an inventory's entry; undefined where no human does. */
export function suppliedAt({ kind, target }: { kind: string; target: unknown }): string | undefined {
  if (!Object.hasOwn(kinds, kind)) return undefined;
  const facts = factsOf(kind as KindId);
  return facts.whereOf?.(facts.parseTarget(target));
}

/** What becomes of a credential at the target of an inventory's entry. */
export function revocationOf({ kind, target }: { kind: string; target: unknown }): Revocation {
  if (!Object.hasOwn(kinds, kind)) return { destroys: false, reversible: true };
  const facts = factsOf(kind as KindId);
  return { destroys: facts.destroys, reversible: facts.reversible?.(facts.parseTarget(target)) ?? true };
}
