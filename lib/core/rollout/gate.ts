import type { LastUse } from '../kind.ts';
import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import type { Turn } from './turn.ts';

/** A gate's answer. Only `open` passes. */
export type Verdict = { state: 'open' } | { state: 'closed' | 'unknown'; reason: string };

/** The labels are still where the turn has them. Pure. */
export function labelsGate(secret: SecretState, turn: Turn): Verdict {
  const current = holderOf(secret, labels.current);
  if (current !== turn.keep)
    return { state: 'closed', reason: `${labels.current} is on ${current ?? 'no version'}, not on ${turn.keep}` };
  const retiring = holderOf(secret, labels.retiring);
  if (retiring !== turn.retire)
    return { state: 'closed', reason: `${labels.retiring} is on ${retiring ?? 'no version'}, not on ${turn.retire}` };
  return { state: 'open' };
}

/** The inventory entry is the one that the plan was made from. Pure. */
export function inventoryGate(entryHash: string, plannedHash: string): Verdict {
  return entryHash === plannedHash
    ? { state: 'open' }
    : { state: 'closed', reason: 'the inventory entry changed after the plan was made' };
}

/** The old credential is unused. What a target cannot tell is unknown, never unused. Pure. */
export function lastUseGate(use: LastUse): Verdict {
  if (use.state === 'unused') return { state: 'open' };
  return { state: use.state === 'used' ? 'closed' : 'unknown', reason: use.detail };
}
