import { campaignOf } from '../campaign/token.ts';
import type { SecretEntry } from '../entry.ts';
import { labels } from '../labels.ts';
import type { SecretStore } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import { type Companion, standingOf } from './rendezvous.ts';

export interface CompanionsAsked {
  /** The version whose campaign counts. */
  versionId: string;
  /** Asked first: what was still to come the last time. */
  waitingFor: string | null;
}

/**
 * How the secrets stand that a consumer reads beside this one, as far as the first that is still to come: nothing would be
 * decided on the others, and all are asked for again then. None where the version is no campaign's. Read-only.
 */
export async function companionsOf(
  names: readonly string[],
  { versionId, waitingFor }: CompanionsAsked,
  parts: { store: SecretStore; entryOf(secretName: string): Promise<SecretEntry> },
): Promise<Companion[]> {
  const campaign = campaignOf(versionId);
  if (campaign === undefined) return [];
  const companions: Companion[] = [];
  for (const name of names.toSorted((one, other) => Number(other === waitingFor) - Number(one === waitingFor))) {
    const companion = await companionOf(name, campaign, parts);
    companions.push(companion);
    if (standingOf(companion, campaign) === 'coming') break;
  }
  return companions;
}

/** Its views are looked at when it is promoted: before, they cannot have been written. */
async function companionOf(
  name: string,
  campaign: string,
  { store, entryOf }: { store: SecretStore; entryOf(secretName: string): Promise<SecretEntry> },
): Promise<Companion> {
  const state = await store.describe(name);
  const current = holderOf(state, labels.current);
  if (current === undefined || campaignOf(current) !== campaign) return { state, views: [] };
  const { views } = await entryOf(name);
  return { state, views: await Promise.all(views.map((view) => store.describe(view.secret))) };
}
