import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { parameterNameOf, parseEntry, type SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import { namedError, nameOf } from './named-error.ts';

/** Reads one secret's inventory entry from its SSM parameter. @throws NotInInventory, InventoryUnreadable */
export function inventoryReader(
  client: SSMClient,
  abortSignal: AbortSignal,
): (secretName: string) => Promise<SecretEntry> {
  return async (secretName) => {
    const Name = parameterNameOf(secretName);
    try {
      const { Parameter } = await client.send(new GetParameterCommand({ Name }), { abortSignal });
      return parseEntry(Parameter?.Value ?? '', Name);
    } catch (error) {
      if (nameOf(error) === 'ParameterNotFound') {
        throw new KeyturnError(
          'NotInInventory',
          `${secretName} is not in the inventory (no parameter ${Name}); add it to bin/inventory.ts and deploy`,
        );
      }
      throw namedError(error, `GetParameter ${Name}`);
    }
  };
}

/** Whether a secret has an entry. @throws InventoryUnreadable when it has one that cannot be read */
export function isInventoried(
  entryOf: (secretName: string) => Promise<SecretEntry>,
): (secretName: string) => Promise<boolean> {
  return async (secretName) => {
    try {
      await entryOf(secretName);
      return true;
    } catch (error) {
      if (error instanceof KeyturnError && error.code === 'NotInInventory') return false;
      throw error;
    }
  };
}
