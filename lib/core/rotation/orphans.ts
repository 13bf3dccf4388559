import type { LiveCredential } from '../kind.ts';
import type { Recorded } from './recorded-identities.ts';

/** Written before minting, removed after the put: which credentials existed when a token's mint was tried. */
export interface Intent {
  token: string;
  identities: readonly string[];
}

export const intentTag = 'keyturn:intent';

/** Tag values allow letters, digits and `+ - = . _ : / @`, at most 256 of them: a token of 36 and some ids of 20 fit. */
export function formatIntent(intent: Intent): string {
  return `${intent.token}/${intent.identities.join('+')}`;
}

export function parseIntent(tag: string | undefined): Intent | undefined {
  if (tag === undefined) return undefined;
  const [token = '', identities = ''] = tag.split('/');
  return { token, identities: identities.split('+').filter((identity) => identity !== '') };
}

export interface Sorted {
  /** May be discarded, if the target too says that nobody used it. */
  orphans: string[];
  /** Nobody recorded them and they cannot be ours: a human must say what they are. */
  unknown: string[];
}

/**
 * Sorts the live credentials that no labelled version records. Two sorts are orphans: what a rotation stored that was
 * given up before it promoted (recorded, but by an unlabelled version only), and what a mint left whose put never
 * happened (an intent is open, does not list it, and the target says that it was never used). The rest is unknown. Pure.
 */
export function sortUnrecorded(live: readonly LiveCredential[], recorded: Recorded, open: Intent | undefined): Sorted {
  const sorted: Sorted = { orphans: [], unknown: [] };
  for (const { identity, neverUsed } of live) {
    if (recorded.labelled.has(identity)) continue;
    const left = open !== undefined && !open.identities.includes(identity) && neverUsed;
    const orphan = recorded.unlabelled.has(identity) || left;
    (orphan ? sorted.orphans : sorted.unknown).push(identity);
  }
  return sorted;
}
