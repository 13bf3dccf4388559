import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import { waitingVersion } from '../rotation/supplied-label.ts';

/**
 * Since when a campaign waits for a value that a human must bring, and beside which current version: the next one's promotion
 * makes the note void. It is for people; nothing is decided by it.
 */
export const waitingTag = 'keyturn:waiting-since';

/** `2026-12-01T03:00:00.000Z/<version id>`: tag values allow letters, digits and `+ - = . _ : / @`. */
export function formatWaiting(state: SecretState, nowMs: number): string {
  return `${new Date(nowMs).toISOString()}/${holderOf(state, labels.current) ?? ''}`;
}

/** Since when a value is waited for; undefined when none is, or one has come. Pure. */
export function waitingSince(state: SecretState): string | undefined {
  const [since, versionId] = (state.tags[waitingTag] ?? '').split('/');
  const isVoid = versionId === undefined || versionId !== holderOf(state, labels.current);
  return isVoid || waitingVersion(state) !== undefined ? undefined : since;
}
