import type { LiveCredential } from '../kind.ts';

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
  /** Left by a mint whose put never happened: the only thing that recovery may discard. */
  orphans: string[];
  /** Nobody recorded them and they cannot be ours: a human must say what they are. */
  unknown: string[];
}

/**
 * Sorts the live credentials that no version records. One is an orphan only if an intent is open (its token has no
 * value), the intent does not list it and the target says that it was never used; anything else is unknown. Pure.
 */
export function sortUnrecorded(
  live: readonly LiveCredential[],
  recorded: ReadonlySet<string>,
  open: Intent | undefined,
): Sorted {
  const sorted: Sorted = { orphans: [], unknown: [] };
  for (const { identity, neverUsed } of live) {
    if (recorded.has(identity)) continue;
    const orphan = open !== undefined && !open.identities.includes(identity) && neverUsed;
    (orphan ? sorted.orphans : sorted.unknown).push(identity);
  }
  return sorted;
}
