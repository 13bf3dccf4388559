import { AwsError, type World } from '../types.ts';
import type { ContainerDefinition } from './model.ts';

/** `arn:…:secret:NAME[:JSON-KEY:VERSION-STAGE:VERSION-ID]`, taken apart. */
export interface SecretReference {
  secretId: string;
  jsonKey: string | undefined;
  versionStage: string | undefined;
  versionId: string | undefined;
}

/**
 * All three selectors or none, each may be empty: `…:password::` names a key and needs its trailing colons.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 * @throws Error in the words of the ECS agent.
 */
export function parseValueFrom(valueFrom: string): SecretReference {
  const parts = valueFrom.split(':');
  const isArn = parts[0] === 'arn' && parts[2] === 'secretsmanager' && parts[5] === 'secret';
  if (!isArn || (parts.length !== 7 && parts.length !== 10)) {
    throw new Error(
      'an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.',
    );
  }
  const [jsonKey, versionStage, versionId] = parts.slice(7).map((part) => (part === '' ? undefined : part));
  return { secretId: parts.slice(0, 7).join(':'), jsonKey, versionStage, versionId };
}

/**
 * Reads a container's secrets as its task's execution role, now.
 * @throws Error whose message is the task's `stoppedReason`, without values.
 */
export async function resolveSecrets(
  world: World,
  container: ContainerDefinition,
  executionRoleArn: string | undefined,
  taskArn: string,
  sessionName: string,
): Promise<Record<string, string>> {
  const secrets = container.secrets ?? [];
  if (secrets.length === 0 || executionRoleArn === undefined) return {};
  const { principal } = await world
    .assume(executionRoleArn, sessionName, 'ecs-tasks.amazonaws.com', taskArn)
    .catch((error: unknown) => {
      throw new Error(
        `ECS was unable to assume the role '${executionRoleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role. (${reasonOf(error)})`,
        { cause: error },
      );
    });
  const injected: Record<string, string> = {};
  for (const { name, valueFrom } of secrets) {
    const { secretId, jsonKey, versionStage, versionId } = withReason(valueFrom, () => parseValueFrom(valueFrom));
    const input = {
      SecretId: secretId,
      ...(versionStage !== undefined && { VersionStage: versionStage }),
      ...(versionId !== undefined && { VersionId: versionId }),
    };
    const answer = await world.perform(principal, 'secretsmanager', 'GetSecretValue', input).catch((error: unknown) => {
      throw unableToPull(
        `service call has been retried 1 time(s): failed to fetch secret ${secretId} from secrets manager: ${reasonOf(error)}`,
        error,
      );
    });
    const value = (answer as { SecretString?: string }).SecretString ?? '';
    injected[name] = jsonKey === undefined ? value : pickKey(value, jsonKey, secretId);
  }
  return injected;
}

function withReason<T>(valueFrom: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw unableToPull(
      `trying to retrieve secret with value ${valueFrom} resulted in error: ${(error as Error).message}`,
      error,
    );
  }
}

function pickKey(value: string, jsonKey: string, secretId: string): string {
  let fields: unknown;
  try {
    fields = JSON.parse(value);
  } catch {
    // The parser's message would quote the secret.
    throw unableToPull(`retrieved secret from Secrets Manager is not valid JSON: ${secretId}`);
  }
  const field = (fields as Record<string, unknown> | null)?.[jsonKey];
  if (field === undefined) {
    throw unableToPull(`retrieved secret from Secrets Manager did not contain json key ${jsonKey}`);
  }
  return typeof field === 'string' ? field : JSON.stringify(field);
}

/** The words that Fargate gives: https://repost.aws/knowledge-center/ecs-unable-to-pull-secrets */
function unableToPull(why: string, cause?: unknown): Error {
  return new Error(
    `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: ${why}`,
    { cause },
  );
}

function reasonOf(error: unknown): string {
  return error instanceof AwsError ? `${error.code}: ${error.message}` : 'InternalFailure';
}
