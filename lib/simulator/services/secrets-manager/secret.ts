import { AwsError } from '../../types.ts';

/** Exactly one of the two, as it was given. */
export type SecretData = { SecretString: string } | { SecretBinary: string };

export interface Version {
  id: string;
  /** undefined: the id that a rotation reserves before its function has put a value. */
  data: SecretData | undefined;
  labels: Set<string>;
  createdAtMs: number;
  lastAccessedAtMs: number | undefined;
}

export interface RotationRules {
  AutomaticallyAfterDays?: number;
  Duration?: string;
  ScheduleExpression?: string;
}

export interface RotationConfiguration {
  enabled: boolean;
  lambdaArn: string;
  rules: RotationRules;
}

/** A rotation that has not succeeded yet: under way, waiting for its next try, or given up (`running: false`). */
export interface OpenRotation {
  token: string;
  running: boolean;
}

export interface Secret {
  name: string;
  arn: string;
  description: string | undefined;
  kmsKeyId: string | undefined;
  tags: Map<string, string>;
  versions: Map<string, Version>;
  createdAtMs: number;
  lastChangedAtMs: number;
  lastRotatedAtMs: number | undefined;
  lastAccessedAtMs: number | undefined;
  /** When it will be gone; undefined when it is not scheduled for deletion. */
  deletedAtMs: number | undefined;
  resourcePolicy: unknown;
  rotation: RotationConfiguration | undefined;
  openRotation: OpenRotation | undefined;
  /** The AWS service that made it, such as `rds`. https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html */
  owningService?: string;
}

export function sameData(left: SecretData, right: SecretData): boolean {
  if ('SecretString' in left) return 'SecretString' in right && left.SecretString === right.SecretString;
  return 'SecretBinary' in right && left.SecretBinary === right.SecretBinary;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MAX_VALUE_BYTES = 65_536;

/** The value in a request, undefined when it has none. @throws AwsError for both, or one that is too long. */
export function dataOf(input: { SecretString?: string; SecretBinary?: string }): SecretData | undefined {
  const { SecretString: text, SecretBinary: binary } = input;
  if (text !== undefined && binary !== undefined) {
    throw new AwsError('InvalidParameterException', "You can't specify both SecretString and SecretBinary.");
  }
  const bytes = Buffer.byteLength(text ?? '') + Buffer.byteLength(binary ?? '', 'base64');
  if (bytes > MAX_VALUE_BYTES) {
    const member = text === undefined ? 'secretBinary' : 'secretString';
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${MAX_VALUE_BYTES}`,
    );
  }
  if (text !== undefined) return { SecretString: text };
  return binary === undefined ? undefined : { SecretBinary: binary };
}

/** SDKs and the CLI make one up when the caller does not; a raw request without one is refused. */
export function tokenOf(token: string | undefined): string {
  if (token === undefined) {
    throw new AwsError('InvalidRequestException', 'You must provide a ClientRequestToken value.');
  }
  if (token.length < 32 || token.length > 64) {
    throw new AwsError('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.');
  }
  return token;
}

export function tokenInUse(secret: Secret, versionId: string): AwsError {
  return new AwsError(
    'ResourceExistsException',
    `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
  );
}

/** How every answer about one secret begins. */
export function identity(secret: Secret): { ARN: string; Name: string } {
  return { ARN: secret.arn, Name: secret.name };
}
