import { CreateSecretCommand, DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretValue } from '../core/secret-value.ts';
import { namedError, nameOf } from './named-error.ts';

/** What is known of a secret that Keyturn is to take over, beside its labels. */
export interface ExistingSecret {
  name: string;
  /** The AWS service that made it and rotates it, such as `rds`. */
  owningService: string | undefined;
  /** What rotates it now. */
  rotationLambdaArn: string | undefined;
  kmsKeyId: string | undefined;
  tags: Readonly<Record<string, string>>;
}

/** Undefined when there is none, or it is marked for deletion. */
export async function existingSecret(
  client: SecretsManagerClient,
  SecretId: string,
  abortSignal: AbortSignal,
): Promise<ExistingSecret | undefined> {
  try {
    const answer = await client.send(new DescribeSecretCommand({ SecretId }), { abortSignal });
    if (answer.DeletedDate !== undefined) return undefined;
    return {
      name: answer.Name ?? SecretId,
      owningService: answer.OwningService,
      rotationLambdaArn: answer.RotationEnabled ? answer.RotationLambdaARN : undefined,
      kmsKeyId: answer.KmsKeyId,
      tags: Object.fromEntries((answer.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    };
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return undefined;
    throw namedError(error, `DescribeSecret ${SecretId}`);
  }
}

/** Makes a secret with its first value. False when there is one of this name: nothing is overwritten. */
export async function createSecret(
  client: SecretsManagerClient,
  Name: string,
  value: SecretValue,
  kmsKeyId: string | undefined,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const input = { Name, SecretString: value.reveal(), ...(kmsKeyId && { KmsKeyId: kmsKeyId }) };
  try {
    await client.send(new CreateSecretCommand(input), { abortSignal });
    return true;
  } catch (error) {
    if (nameOf(error) === 'ResourceExistsException') return false;
    throw namedError(error, `CreateSecret ${Name}`);
  }
}
