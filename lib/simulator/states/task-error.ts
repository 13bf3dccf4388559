import { AwsError } from '../types.ts';

/** An error as the States Language sees it: its name is Error, its message is Cause. */
export class TaskError extends Error {
  /** The interpreter asks for both. */
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  /** @param terminal neither Retry nor Catch can match it, States.ALL included. */
  constructor(name: string, cause: string, terminal = false) {
    super(cause);
    this.name = name;
    this.isRetryable = !terminal;
    this.isCatchable = !terminal;
  }
}

/**
 * A service's error as an integration reports it: the SDK for Java's name for it behind the service's, so that every name ends
 * with Exception, and one that the service's model does not list is the service's own base exception.
 * https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
export function serviceError(prefix: string, base: string, error: unknown): TaskError {
  if (!(error instanceof AwsError)) throw error;
  const unmodelled = /^(AccessDenied|AuthorizationError|Unrecognized|InternalFailure)/.test(error.code);
  const name = unmodelled ? base : error.code.replace(/(Exception)?$/, 'Exception');
  const cause = `${error.message} (Service: ${prefix}, Status Code: ${error.status})`;
  return new TaskError(`${prefix}.${name}`, cause);
}
