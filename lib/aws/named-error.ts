import { KeyturnError } from '../core/errors.ts';

const denied = new Set(['AccessDeniedException', 'AccessDenied', 'AuthorizationError', 'UnauthorizedOperation']);

/** The name of an SDK error: what the service answered, or what happened on the way. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'UnknownError';
}

/**
 * An SDK error as one of ours. AWS's messages name the caller, the action and the resource, never a value; only its name
 * goes into `cause`, because SDK errors carry the request.
 */
export function namedError(error: unknown, doing: string): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const name = nameOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const cause = { name, ...systemCodeOf(error) };
  if (denied.has(name))
    return new KeyturnError('AccessDenied', `${doing}: ${said}; grant it, or deploy the app again`, { cause });
  return new KeyturnError('AwsUnavailable', `${doing}: ${name}: ${said}`, { cause });
}

/** `ECONNREFUSED` and the like: the name of such an error is a mere `Error`. */
function systemCodeOf(error: unknown): { code?: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? { code } : {};
}
