import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Grant } from './statements.ts';

/** Accepts one finding of cdk-nag, with the reason that an auditor reads. */
export function acknowledge(scope: Construct, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason });
}

/** Accepts the wildcards of grants that say why they have them; a wildcard without a reason stays a finding. */
export function acknowledgeWildcards(scope: Construct, grants: readonly Grant[]): void {
  const stack = Stack.of(scope);
  for (const { actions, resources, why } of grants) {
    if (why === undefined) continue;
    const wild = [
      ...actions.map((action) => `Action::${action}`),
      ...resources.map((resource) => `Resource::${flat(stack.resolve(resource))}`),
    ].filter((finding) => finding.includes('*'));
    for (const finding of wild) acknowledge(scope, `AwsSolutions-IAM5[${finding}]`, why);
  }
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
