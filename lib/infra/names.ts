import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AwsPlace } from '../core/statement.ts';

/**
 * Names are fixed, one Keyturn per account and Region: a policy can then name a function or a machine that is defined after
 * it, which is what keeps the template free of cycles.
 */
export const functionNames = {
  rotate: (kind: string) => `keyturn-rotate-${kind}`,
  retire: (kind: string) => `keyturn-retire-${kind}`,
  refresh: (consumerType: string) => `keyturn-refresh-${consumerType}`,
  probe: (check: string) => `keyturn-probe-${check}`,
  rollout: 'keyturn-rollout',
  campaign: 'keyturn-campaign',
  watch: 'keyturn-watch',
} as const;

export const machineNames = { rollout: 'keyturn-rollout', campaign: 'keyturn-campaign' } as const;

/** Where a construct's stack is deployed to: pseudo-parameters, unless the stack was given an account and a Region. */
export function placeOf(scope: Construct): AwsPlace {
  const { partition, region, account } = Stack.of(scope);
  return { partition, region, account };
}

export function functionArn({ partition, region, account }: AwsPlace, name: string): string {
  return `arn:${partition}:lambda:${region}:${account}:function:${name}`;
}

export function machineArn({ partition, region, account }: AwsPlace, name: string): string {
  return `arn:${partition}:states:${region}:${account}:stateMachine:${name}`;
}

/** Every execution of a machine. */
export function executionArns({ partition, region, account }: AwsPlace, machine: string): string {
  return `arn:${partition}:states:${region}:${account}:execution:${machine}:*`;
}

/** Any secret of the account and Region; always under a condition. */
export function anySecretArn({ partition, region, account }: AwsPlace): string {
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:*`;
}
