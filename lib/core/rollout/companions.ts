import { campaignOf } from '../campaign/token.ts';
import type { SecretEntry } from '../entry.ts';
import type { SecretStore } from '../ports.ts';
import { type Companion, standingOf } from './rendezvous.ts';

/**
 * How the secrets stand that a consumer reads beside this one, as far as the first that is still to come: nothing would be
 * decided on the others, and all are asked for again then. None where the version is no campaign's. Read-only.
 */
export async function companionsOf(
  names: readonly string[],
  versionId: string,
  { store, entryOf }: { store: SecretStore; entryOf(secretName: string): Promise<SecretEntry> },
): Promise<Companion[]> {
  const campaign = campaignOf(versionId);
  if (campaign === undefined) return [];
  const companions: Companion[] = [];
  for (const name of names) {
    const { views } = await entryOf(name);
    const companion = {
      state: await store.describe(name),
      views: await Promise.all(views.map((view) => store.describe(view.secret))),
    };
    companions.push(companion);
    if (standingOf(companion, campaign) === 'coming') break;
  }
  return companions;
}
