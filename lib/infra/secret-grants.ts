import { parameterPath } from '../core/entry.ts';
import type { AwsPlace } from '../core/statement.ts';
import { viewTag } from '../core/views/view-tag.ts';
import { anySecretArn, functionArn, functionNames } from './names.ts';
import type { Grant } from './statements.ts';

/**
 * Secrets that these kinds rotate: Secrets Manager compares the rotation function that is attached to a secret, so that
 * the policy stays as it is however many secrets there are. All actions on a secret take the condition.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 */
export function onSecretsOf(place: AwsPlace, kinds: readonly string[], actions: readonly string[]): Grant {
  const rotators = kinds.map((kind) => functionArn(place, functionNames.rotate(kind)));
  return {
    actions,
    resources: [anySecretArn(place)],
    conditions: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': rotators } },
    why: 'The condition limits it to secrets whose rotation function is one of these; a list of them would grow with the secrets',
  };
}

export function onViews(place: AwsPlace, actions: readonly string[]): Grant {
  return {
    actions,
    resources: [anySecretArn(place)],
    conditions: { StringEquals: { [`aws:ResourceTag/${viewTag.key}`]: viewTag.value } },
    why: `The condition limits it to secrets with the tag ${viewTag.key}; a list of them would grow with the views`,
  };
}

/** Secrets by name or ARN. An ARN ends with a hyphen and six characters that nobody chooses. */
export function onAdminSecrets(place: AwsPlace, secrets: readonly string[]): Grant[] {
  return onNamedSecrets(place, secrets, ['secretsmanager:GetSecretValue']);
}

/** Texts beside the secrets that rotate, which a kind rewrites by compare-and-swap. By name or ARN. */
export function onKeptSecrets(place: AwsPlace, secrets: readonly string[]): Grant[] {
  return onNamedSecrets(place, secrets, [
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
    'secretsmanager:UpdateSecretVersionStage',
  ]);
}

function onNamedSecrets(place: AwsPlace, secrets: readonly string[], actions: readonly string[]): Grant[] {
  if (secrets.length === 0) return [];
  const named = anySecretArn(place).slice(0, -1);
  return [
    { actions, resources: secrets.map((secret) => (secret.startsWith('arn:') ? secret : `${named}${secret}-??????`)) },
  ];
}

export function onEntries({ partition, region, account }: AwsPlace): Grant {
  return {
    actions: ['ssm:GetParameter'],
    resources: [`arn:${partition}:ssm:${region}:${account}:parameter${parameterPath}/*`],
    why: "Every secret's entry stands under this path, and holds no value of a secret",
  };
}

/** The secrets' own keys, where they are not the account's default, and only by way of Secrets Manager. */
export function onKeys(
  place: AwsPlace,
  keyArns: readonly string[],
  actions: readonly ('kms:Decrypt' | 'kms:GenerateDataKey')[],
): Grant[] {
  if (keyArns.length === 0) return [];
  return [
    {
      actions,
      resources: keyArns,
      conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${place.region}.amazonaws.com` } },
    },
  ];
}
