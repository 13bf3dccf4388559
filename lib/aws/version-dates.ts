import { ListSecretVersionIdsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { KeyturnError } from '../core/errors.ts';
import { namedError, nameOf } from './named-error.ts';

/**
 * When the labelled versions were made, by version id, in epoch milliseconds. A secret's own dates also move when somebody tags it;
 * these do not. One page holds them all: a version has at least one label, and a secret at most 20.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 * @throws SecretNotFound, also for one that is marked for deletion
 */
export async function versionDates(
  client: SecretsManagerClient,
  SecretId: string,
  abortSignal: AbortSignal,
): Promise<Record<string, number>> {
  try {
    const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId }), { abortSignal });
    return Object.fromEntries(
      Versions.flatMap(({ VersionId, CreatedDate }) =>
        VersionId && CreatedDate ? [[VersionId, CreatedDate.getTime()]] : [],
      ),
    );
  } catch (error) {
    const name = nameOf(error);
    if (name === 'ResourceNotFoundException' || name === 'InvalidRequestException')
      throw new KeyturnError('SecretNotFound', `there is no secret ${SecretId}, or it is marked for deletion`);
    throw namedError(error, `ListSecretVersionIds ${SecretId}`);
  }
}
