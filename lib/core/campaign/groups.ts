import type { SecretEntry } from '../entry.ts';
import type { CampaignItem } from './requests.ts';

/**
 * A campaign's secrets in groups that share consumers, directly or by way of others. Secrets of a group wait for each other
 * before a consumer is refreshed, so a campaign must have them all under way at once. Groups by their first name, names in
 * order. Pure.
 */
export function groupsOf(entries: readonly SecretEntry[]): string[][] {
  const groups: { secrets: Set<string>; consumers: Set<string> }[] = [];
  for (const { secret, waves } of entries) {
    const consumers = new Set(waves.flat().map(({ name }) => name));
    const joined = groups.filter((group) => [...consumers].some((name) => group.consumers.has(name)));
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push({
      secrets: new Set([secret, ...joined.flatMap((group) => [...group.secrets])]),
      consumers: new Set([...consumers, ...joined.flatMap((group) => [...group.consumers])]),
    });
  }
  const sorted = groups.map(({ secrets }) => [...secrets].sort());
  return sorted.sort(([one = ''], [other = '']) => (one < other ? -1 : 1));
}

/** The first of them, in whole groups: `atMost` items, or one group that is larger. Pure. */
export function wholeGroups(items: readonly CampaignItem[], atMost: number): CampaignItem[] {
  const batch: CampaignItem[] = [];
  for (const group of new Set(items.map((item) => item.group))) {
    const own = items.filter((item) => item.group === group);
    if (batch.length > 0 && batch.length + own.length > atMost) break;
    batch.push(...own);
  }
  return batch;
}
