import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { KeyturnError } from '../core/errors.ts';
import { parseSettings, type Settings, settingsParameter } from '../core/settings.ts';
import { namedError, nameOf } from './named-error.ts';

/** What the app says of itself. @throws InvalidInput where it is not deployed; InventoryUnreadable */
export async function readSettings(client: SSMClient, abortSignal: AbortSignal): Promise<Settings> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: settingsParameter }), { abortSignal });
    return parseSettings(Parameter?.Value ?? '');
  } catch (error) {
    if (nameOf(error) === 'ParameterNotFound') {
      throw new KeyturnError(
        'InvalidInput',
        `Keyturn is not deployed in this account and Region (no parameter ${settingsParameter}); deploy it, or look at --region and --profile`,
      );
    }
    throw namedError(error, `GetParameter ${settingsParameter}`);
  }
}
