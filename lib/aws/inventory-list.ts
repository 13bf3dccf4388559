import { paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import { parameterPath, parseEntry, type SecretEntry } from '../core/entry.ts';
import { namedError } from './named-error.ts';

/** Every entry of the inventory. @throws InventoryUnreadable */
export async function listEntries(client: SSMClient, abortSignal?: AbortSignal): Promise<SecretEntry[]> {
  const entries: SecretEntry[] = [];
  try {
    for await (const page of paginateGetParametersByPath(
      { client },
      { Path: parameterPath, Recursive: true },
      { ...(abortSignal && { abortSignal }) },
    )) {
      for (const { Name = '', Value = '' } of page.Parameters ?? []) entries.push(parseEntry(Value, Name));
    }
  } catch (error) {
    throw namedError(error, `GetParametersByPath ${parameterPath}`);
  }
  return entries;
}
