import { campaignOf } from '../campaign/token.ts';
import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';

/** Another secret that the consumer reads, with its views. */
export interface Companion {
  state: SecretState;
  views: readonly SecretState[];
}

export type Standing =
  /** Its campaign rotation has not yet written everything that the consumer reads. */
  | 'coming'
  /** Everything is written; the consumer may be refreshed for it. */
  | 'settled'
  /** It takes no part: rolled back, abandoned. */
  | 'out';

export type Meeting =
  /** This rollout refreshes the consumer for all; what starts after `promotedAtMs` has everything. */
  | { action: 'lead'; promotedAtMs: number }
  /** Another rollout refreshes it: adopt what that one starts. */
  | { action: 'follow' }
  | { action: 'wait'; reason: string; waitingFor: string | null }
  /** Nobody to wait for (any more): refresh as usual. */
  | { action: 'go' };

/** Where a companion stands in the campaign. Pure. */
export function standingOf({ state, views }: Companion, campaign: string): Standing {
  const ours = Object.keys(state.versions).find((versionId) => campaignOf(versionId) === campaign);
  if (ours === undefined) return 'coming';
  const held = state.versions[ours] ?? [];
  if (held.includes(labels.current))
    return views.every((view) => holderOf(view, labels.current) === ours) ? 'settled' : 'coming';
  return held.includes(labels.pending) ? 'coming' : 'out';
}

/**
 * Secrets of one campaign that share a consumer wait for each other, so that it restarts once: when all have written what
 * it reads, the first by name refreshes it and the others adopt that. Nobody waits longer than `coalesceSeconds`. Pure.
 */
export function meet(input: {
  secret: string;
  versionId: string;
  companions: readonly Companion[];
  waitedSeconds: number;
  coalesceSeconds: number;
  nowMs: number;
  skewSeconds: number;
}): Meeting {
  const campaign = campaignOf(input.versionId);
  if (campaign === undefined || input.waitedSeconds > input.coalesceSeconds) return { action: 'go' };
  const standings = input.companions.map((companion) => ({
    name: companion.state.name,
    standing: standingOf(companion, campaign),
  }));
  const coming = standings.filter(({ standing }) => standing === 'coming').map(({ name }) => name);
  if (coming.length > 0)
    return { action: 'wait', reason: `waiting for ${coming.join(', ')}`, waitingFor: coming[0] ?? null };
  const settled = standings.filter(({ standing }) => standing === 'settled').map(({ name }) => name);
  if (settled.length === 0) return { action: 'go' };
  if (settled.some((name) => name < input.secret)) return { action: 'follow' };
  // The others count from their own last write plus one skew, and may have seen it a little later than we do.
  return { action: 'lead', promotedAtMs: input.nowMs + 2 * input.skewSeconds * 1000 };
}
