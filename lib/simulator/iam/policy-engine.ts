import { isWildcardOnlyAction, runSimulation } from '@cloud-copilot/iam-simulate';
import type { PolicyDocument } from './identity-store.ts';

export interface PolicyQuestion {
  /** An ARN or a service's host name. */
  principal: string;
  accountId: string;
  action: string;
  resource: string;
  context: Record<string, string | string[]>;
  identityPolicies: { name: string; policy: PolicyDocument }[];
  resourcePolicy: unknown;
}

export interface PolicyAnswer {
  allowed: boolean;
  /** Why not, in the words that AWS ends its message with. */
  because?: string;
}

const FULL_ACCESS = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const NO_GUARDRAILS = {
  serviceControlPolicies: [{ orgIdentifier: 'r-root', policies: [{ name: 'FullAWSAccess', policy: FULL_ACCESS }] }],
  resourceControlPolicies: [],
};

/** What is wrong with a policy document; undefined when nothing is. */
export async function malformation(policy: unknown, side: 'identity' | 'resource'): Promise<string | undefined> {
  const result = await runSimulation(
    {
      ...NO_GUARDRAILS,
      // Any question will do: documents are checked before it is looked at.
      request: {
        principal: 'arn:aws:iam::123456789012:user/anybody',
        action: 'sts:GetCallerIdentity',
        resource: { resource: '*', accountId: '123456789012' },
        contextVariables: {},
      },
      identityPolicies: side === 'identity' ? [{ name: 'policy', policy }] : [],
      resourcePolicy: side === 'resource' ? policy : undefined,
    },
    {},
  );
  if (result.resultType !== 'error') return undefined;
  const { identityPolicyErrors = {}, resourcePolicyErrors = [], message } = result.errors;
  const [first] = [...Object.values(identityPolicyErrors).flat(), ...resourcePolicyErrors];
  return first ? `${first.message} (${first.path})` : message;
}

/** IAM's policy evaluation. The only module that knows the evaluator. @throws Error for a malformed policy or an action that does not exist. */
export async function evaluate(question: PolicyQuestion): Promise<PolicyAnswer> {
  const [service = '', action = ''] = question.action.split(':');
  const resource = (await isWildcardOnlyAction(service, action)) ? '*' : withOwner(question.resource);
  const result = await runSimulation(
    {
      request: {
        principal: question.principal,
        action: question.action,
        resource: { resource, accountId: question.accountId },
        contextVariables: question.context,
      },
      identityPolicies: question.identityPolicies.map(({ name, policy }) => ({ name, policy: withOwners(policy) })),
      ...NO_GUARDRAILS,
      resourcePolicy: question.resourcePolicy,
    },
    {},
  );
  if (result.resultType === 'error') {
    throw new Error(
      `Cannot evaluate ${question.action} on ${question.resource}: ${JSON.stringify(result.errors)} (a malformed policy, or an action without such a resource)`,
    );
  }
  if (result.overallResult === 'Allowed') return { allowed: true };
  const analysis = result.resultType === 'single' ? result.result.analysis : result.results[0]?.analysis;
  if (analysis?.resourceAnalysis?.result === 'ExplicitlyDenied') {
    return { allowed: false, because: 'with an explicit deny in a resource-based policy' };
  }
  if (result.overallResult === 'ExplicitlyDenied') {
    return { allowed: false, because: 'with an explicit deny in an identity-based policy' };
  }
  const side = question.identityPolicies.length === 0 && question.resourcePolicy ? 'resource-based' : 'identity-based';
  return { allowed: false, because: `because no ${side} policy allows the ${question.action} action` };
}

/**
 * AWS's own SSM documents have ARNs without an account, which the evaluator's table of resources does not have: both sides
 * get one that nobody has. https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html
 */
function withOwner(text: string): string {
  return text.replaceAll(/(arn:[\w-]+:ssm:[\w*-]*:)(:document\/)/g, '$1000000000000$2');
}

function withOwners(policy: PolicyDocument): PolicyDocument {
  return JSON.parse(withOwner(JSON.stringify(policy)));
}
