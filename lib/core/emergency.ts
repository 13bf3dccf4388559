import { randomUUID } from 'node:crypto';
import type { SecretState } from './ports.ts';

/**
 * How an emergency's rollout revokes. Each skips the soak, the gate "old unused" and the grace.
 *
 * - `consumers-first`: as soon as every consumer has converged. No credential that works is taken from a consumer; of a user
 *   that has both passwords all sessions are ended, and its consumers log in anew.
 * - `disable-first`: at once, before the consumers move. The operator accepts the outage; nothing goes back by itself.
 * - `disable-only`: at once, and the consumers stay where they are: the rotation that follows moves them.
 */
export const emergencyModes = ['consumers-first', 'disable-first', 'disable-only'] as const;
export type EmergencyMode = (typeof emergencyModes)[number];

/**
 * On the secret, written before the effect: which version's rollout is an emergency. Of the functions none may write it, so
 * that what rotates cannot have anything revoked without its gates; an operator's policy has it or not.
 */
export const emergencyTag = 'keyturn:emergency';

const TOKEN = /^emergency-/;

/** The token, and so the version id, of an emergency's rotation: 46 characters of the 32 to 64 that a token has. */
export function emergencyToken(): string {
  return `emergency-${randomUUID()}`;
}

export function isEmergencyToken(versionId: string): boolean {
  return TOKEN.test(versionId);
}

/** Tag values allow letters, digits and `+ - = . _ : / @`, at most 256 of them. */
export function formatEmergency(versionId: string, mode: EmergencyMode): string {
  return `${versionId}/${mode}`;
}

/** The emergency that an operator declared of this very version; undefined when none. A tag of another version says nothing. Pure. */
export function emergencyOf({ tags }: Pick<SecretState, 'tags'>, versionId: string): EmergencyMode | undefined {
  const [declared, said] = (tags[emergencyTag] ?? '').split('/');
  return declared === versionId ? emergencyModes.find((mode) => mode === said) : undefined;
}

const skipped = ['the soak', 'the gate "old unused"', 'the grace', 'the wait for other secrets of a campaign'] as const;

/** What a rollout leaves out in an emergency, for its record. Pure. */
export function skippedIn(mode: EmergencyMode): string[] {
  if (mode === 'disable-first') return [...skipped, 'the consumers before the disabling'];
  return mode === 'disable-only' ? [...skipped, 'the consumers'] : [...skipped];
}
