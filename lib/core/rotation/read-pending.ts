import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretValue } from '../secret-value.ts';
import type { RotationEvent } from './event.ts';
import type { RotationParts } from './parts.ts';

/** Waits before a second, third, … look: 0.2 + 0.4 + … + 6.4 = 12.6 s in all, well inside the function's time. */
const patientMs = [200, 400, 800, 1600, 3200, 6400];

/** 3 s in all: for testSecret, whose version may be a throw-away one that never becomes readable. */
export const briefMs = patientMs.slice(0, 4);

/**
 * Reads the pending version by id *and* label in one call, which proves the pairing. Secrets Manager's steps can see
 * each other's writes late (aws-sdk-js-v3#7701), so a version that is not readable yet is asked for again.
 * @throws VersionNotReadable when it stays so
 */
export async function readPending(
  event: RotationEvent,
  { store, clock, signal }: RotationParts,
  waitsMs: readonly number[] = patientMs,
): Promise<SecretValue> {
  const which = { versionId: event.ClientRequestToken, label: labels.pending };
  for (const waitMs of waitsMs) {
    try {
      return await store.read(event.SecretId, which);
    } catch (error) {
      if (!(error instanceof KeyturnError && error.code === 'VersionNotReadable')) throw error;
      await clock.sleep(waitMs, signal);
    }
  }
  return await store.read(event.SecretId, which);
}
