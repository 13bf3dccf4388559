import type { KindFacts } from '../core/kind.ts';
import { iamAccessKey } from './iam-access-key/facts.ts';
import { postgres } from './postgres/facts.ts';

/** One line per kind: its folder's name and its facts. Facts only, so that everything may read it. */
export const kinds = {
  'iam-access-key': iamAccessKey,
  postgres,
} as const;

export type KindId = keyof typeof kinds;

export const kindIds = Object.keys(kinds) as KindId[];

/** A kind's facts with its target's type forgotten. */
export function factsOf(id: KindId): KindFacts {
  return kinds[id] as KindFacts;
}

/** Whether a kind's target ends a disabled credential for good. */
export function destroys(id: string): boolean {
  return id in kinds && factsOf(id as KindId).destroys;
}
