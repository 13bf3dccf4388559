import type { Clock } from '../clock.ts';
import type { SecretEntry } from '../entry.ts';
import type { Kind } from '../kind.ts';
import type { SecretStore } from '../ports.ts';

/** What the four steps work with. */
export interface RotationParts {
  kind: Kind;
  store: SecretStore;
  clock: Clock;
  /** The inventory's entry of a secret. @throws InventoryUnreadable */
  entryOf(secretName: string): Promise<SecretEntry>;
  /** Makes sure that a rollout of this version runs or has succeeded. Idempotent. */
  ensureRollout(rollout: { secretArn: string; versionId: string }): Promise<void>;
  /** When the last consumer came to run on this version, as its rollout saw it; undefined when none on record got that far. */
  settledAt(rollout: { secretArn: string; versionId: string }): Promise<number | undefined>;
  /** Has a minted orphan discarded by the function that may: what rotates cannot revoke. */
  discardOrphan(orphan: { secretArn: string; identity: string }): Promise<void>;
  signal: AbortSignal;
}
