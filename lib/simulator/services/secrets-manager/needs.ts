import type { Need } from '../../types.ts';
import type { SecretStore } from './store.ts';

type Context = Record<string, string | string[]>;

/**
 * One need on one secret, with the secret's own condition keys and policy.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 */
export function needOn(
  store: SecretStore,
  operation: string,
  secretId: string | undefined,
  context: Context = {},
): Need {
  const secret = store.lookup(secretId ?? '');
  const resource = secret?.arn ?? store.arnFor(secretId ?? '');
  const own: Context = { 'secretsmanager:SecretId': resource };
  // The older name, secretsmanager:ResourceTag/…, is a key that the policy engine does not know.
  for (const [key, value] of secret?.tags ?? []) own[`aws:ResourceTag/${key}`] = value;
  if (secret?.rotation) own['secretsmanager:resource/AllowRotationLambdaArn'] = secret.rotation.lambdaArn;
  return {
    action: `secretsmanager:${operation}`,
    resource,
    context: { ...own, ...context },
    ...(secret?.resourcePolicy !== undefined && { resourcePolicy: secret.resourcePolicy }),
  };
}

/** Only what the request says goes into the context. */
export function present(context: Record<string, string | number | boolean | undefined>): Context {
  return Object.fromEntries(
    Object.entries(context).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  );
}

export interface Tag {
  Key: string;
  Value: string;
}

export function tagContext(tags: readonly Tag[] = []): Context {
  if (tags.length === 0) return {};
  return {
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    'aws:TagKeys': tags.map(({ Key }) => Key),
  };
}
