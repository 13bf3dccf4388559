import type { SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import { secretNameOf } from '../core/secret-arn.ts';
import type { Account } from './account.ts';
import { nearest } from './nearest.ts';

/**
 * The inventory entry of a secret that was named on the command line, by name or ARN.
 * @throws NotInInventory with the remedy; SecretNotFound with what was probably meant
 */
export async function findEntry(
  named: string,
  entries: readonly SecretEntry[],
  account: Pick<Account, 'describe'>,
): Promise<SecretEntry> {
  const name = secretNameOf(named);
  const found = entries.find(({ secret }) => secret === name);
  if (found !== undefined) return found;
  const source = entries.find(({ views }) => views.some(({ secret }) => secret === name));
  if (source !== undefined) {
    throw new KeyturnError('NotInInventory', `${name} is a view of ${source.secret}, and is rotated with it`);
  }
  if (await exists(name, account)) {
    throw new KeyturnError(
      'NotInInventory',
      `${name} is not in the inventory; add it to bin/inventory.ts and deploy the app`,
    );
  }
  const meant = nearest(
    name,
    entries.map(({ secret }) => secret),
  );
  const remedy = meant ? `did you mean ${meant}?` : 'keyturn status lists those of the inventory';
  throw new KeyturnError('SecretNotFound', `there is no secret ${name}; ${remedy}`);
}

/** Who may not look at a secret that is not in the inventory is told that there is none. */
async function exists(name: string, account: Pick<Account, 'describe'>): Promise<boolean> {
  try {
    await account.describe(name);
    return true;
  } catch (error) {
    if (error instanceof KeyturnError && (error.code === 'SecretNotFound' || error.code === 'AccessDenied'))
      return false;
    throw error;
  }
}
