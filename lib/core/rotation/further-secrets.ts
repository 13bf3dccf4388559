import { randomUUID } from 'node:crypto';
import { KeyturnError } from '../errors.ts';
import type { FurtherSecretAccess, FurtherSecrets } from '../kind.ts';
import { labels } from '../labels.ts';
import type { SecretStore } from '../ports.ts';
import { SecretValue } from '../secret-value.ts';
import { holderOf } from './guard.ts';

/** On the version that a rewrite has put and not yet made current. One label for all, or unlabelled versions would add up. */
const draftLabel = 'KEYTURN_DRAFT';

/** Each try loses only to a rewrite that went through. */
const tries = 8;

/** Access to the secrets that a kind's facts name, and to no other. */
export function furtherSecretAccess({ read, kept }: FurtherSecrets, store: SecretStore): FurtherSecretAccess {
  const values = new Map<string, Promise<SecretValue>>();
  return {
    async read(secret) {
      refuseOther(secret, read);
      const value = values.get(secret) ?? store.read(secret, {});
      values.set(secret, value);
      return value;
    },
    async rewrite(secret, change) {
      refuseOther(secret, kept);
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await rewriteOnce(store, secret, change);
        } catch (error) {
          // Somebody else's rewrite came first: once more, upon theirs.
          if (!(error instanceof KeyturnError && error.code === 'LabelMoved') || attempt === tries) throw error;
        }
      }
    },
  };
}

async function rewriteOnce(
  store: SecretStore,
  secret: string,
  change: (text: SecretValue) => SecretValue,
): Promise<void> {
  const current = holderOf(await store.describe(secret), labels.current);
  const text = current === undefined ? SecretValue.of('') : await store.read(secret, { versionId: current });
  const changed = change(text);
  if (changed.equals(text)) return;
  const draft = randomUUID();
  await store.put(secret, draft, changed, draftLabel);
  await store.moveLabel(secret, labels.current, { ...(current && { from: current }), to: draft });
}

function refuseOther(secret: string, named: readonly string[]): void {
  if (!named.includes(secret)) throw new KeyturnError('InvalidInput', `the target does not name the secret ${secret}`);
}
