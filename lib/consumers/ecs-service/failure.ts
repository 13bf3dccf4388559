import { KeyturnError } from '../../core/errors.ts';

/** The cluster or the service is not there, or not as a deployment needs it. */
const unfit = new Set([
  'ClusterNotFoundException',
  'ServiceNotFoundException',
  'ServiceNotActiveException',
  'ClientException',
  'InvalidParameterException',
  'UnsupportedFeatureException',
]);

/**
 * AWS's error in Keyturn's words: not as a cause, since it carries the request. ECS's own messages name resources only;
 * it never sees a secret's value in these calls.
 */
export function failureOf(error: unknown, action: string, where: string): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const { name, message } = error instanceof Error ? error : new Error('unknown');
  const text = `${action} of ${where}: ${name}: ${message}`;
  if (unfit.has(name)) return new KeyturnError('ConsumerUnfit', text);
  if (name === 'AccessDeniedException') {
    return new KeyturnError('AccessDenied', `${text}; deploy the app again, so that its role names this service`);
  }
  return new KeyturnError('AwsUnavailable', text);
}
