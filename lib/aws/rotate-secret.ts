import { RotateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { KeyturnError } from '../core/errors.ts';
import { namedError, nameOf } from './named-error.ts';

/** Starts a rotation; Secrets Manager runs it asynchronously. @throws RolloutStillOpen when another one has not ended */
export async function rotateSecret(
  client: SecretsManagerClient,
  SecretId: string,
  ClientRequestToken: string,
  abortSignal?: AbortSignal,
): Promise<void> {
  try {
    await client.send(new RotateSecretCommand({ SecretId, ClientRequestToken, RotateImmediately: true }), {
      ...(abortSignal && { abortSignal }),
    });
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    if (nameOf(error) === 'ResourceNotFoundException')
      throw new KeyturnError('SecretNotFound', `there is no secret ${SecretId} in this account and Region`);
    if (nameOf(error) === 'InvalidRequestException')
      throw new KeyturnError('RolloutStillOpen', `${SecretId}: Secrets Manager refused to rotate: ${said}`);
    throw namedError(error, `RotateSecret ${SecretId}`);
  }
}
