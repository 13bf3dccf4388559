import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Grant } from './statements.ts';

/** Accepts one finding of cdk-nag, with the reason that an auditor reads. */
export function acknowledge(scope: Construct, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason });
}

/**
 * Accepts the wildcards of grants that say why they have them. cdk-nag has one finding per wildcard and role, so one
 * grant without a reason leaves the finding standing for all that share it.
 */
export function acknowledgeWildcards(scope: Construct, grants: readonly Grant[]): void {
  const unexplained = new Set(
    grants.filter(({ why }) => why === undefined).flatMap((grant) => wildcards(scope, grant)),
  );
  for (const grant of grants) {
    for (const finding of wildcards(scope, grant)) {
      if (grant.why === undefined || unexplained.has(finding)) continue;
      acknowledge(scope, `AwsSolutions-IAM5[${finding}]`, grant.why);
    }
  }
}

function wildcards(scope: Construct, { actions, resources }: Grant): string[] {
  const stack = Stack.of(scope);
  return [
    ...actions.map((action) => `Action::${action}`),
    ...resources.map((resource) => `Resource::${flat(stack.resolve(resource))}`),
  ].filter((finding) => finding.includes('*'));
}

/** An ARN as cdk-nag writes it in a finding's id: `arn:<AWS::Partition>:…`. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref: ref, 'Fn::Join': join, 'Fn::GetAtt': attribute } = value as Record<string, unknown>;
  if (typeof ref === 'string') return `<${ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(flat).join(String(join[0]));
  return JSON.stringify(value);
}
