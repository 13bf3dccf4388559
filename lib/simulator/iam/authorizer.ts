import type { Call, Need, Principal } from '../types.ts';
import type { IdentityStore } from './identity-store.ts';
import { evaluate } from './policy-engine.ts';

/** Answers the first need that IAM does not allow, with the sentence that AWS gives. */
export class Authorizer {
  private readonly identities: IdentityStore;

  constructor(identities: IdentityStore) {
    this.identities = identities;
  }

  async refusal(call: Call, needs: readonly Need[]): Promise<string | undefined> {
    for (const need of needs) {
      const refusal = await this.refuse(call, need);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  private async refuse(call: Call, need: Need): Promise<string | undefined> {
    // The account's root is allowed everything: a resource policy could deny it, but nobody rehearses that.
    if (call.principal.kind === 'root') return undefined;
    const answer = await evaluate({
      principal: call.principal.arn,
      accountId: call.accountId,
      action: need.action,
      resource: need.resource,
      context: { ...this.requestContext(call), ...need.context },
      identityPolicies: this.identityPolicies(call.principal, call.nowMs),
      resourcePolicy: need.resourcePolicy,
    });
    if (answer.allowed) return undefined;
    const who = call.principal.kind === 'service' ? `${call.principal.arn}` : `User: ${call.principal.arn}`;
    return `${who} is not authorized to perform: ${need.action} on resource: ${need.resource} ${answer.because}`;
  }

  private identityPolicies(principal: Principal, nowMs: number) {
    const owner =
      principal.roleName !== undefined
        ? this.identities.roles.get(principal.roleName)
        : principal.userName !== undefined
          ? this.identities.users.get(principal.userName)
          : undefined;
    if (!owner) return [];
    return Object.entries(owner.policies.at(nowMs)).map(([name, policy]) => ({ name, policy }));
  }

  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
  private requestContext(call: Call): Record<string, string | string[]> {
    const { principal } = call;
    const context: Record<string, string | string[]> = {
      // Loopback counts as secure transport: nothing leaves the machine.
      'aws:SecureTransport': 'true',
      'aws:CurrentTime': new Date(call.nowMs).toISOString(),
      'aws:EpochTime': String(Math.floor(call.nowMs / 1000)),
      'aws:RequestedRegion': call.region,
    };
    if (principal.kind === 'service') {
      context['aws:PrincipalIsAWSService'] = 'true';
      context['aws:PrincipalServiceName'] = principal.arn;
      context['aws:SourceAccount'] = principal.accountId;
      if (principal.sourceArn !== undefined) context['aws:SourceArn'] = principal.sourceArn;
      return context;
    }
    const role = principal.roleName === undefined ? undefined : this.identities.roles.get(principal.roleName);
    context['aws:PrincipalIsAWSService'] = 'false';
    context['aws:PrincipalArn'] = role?.arn ?? principal.arn;
    context['aws:PrincipalAccount'] = principal.accountId;
    context['aws:PrincipalType'] = principal.kind === 'user' ? 'User' : 'AssumedRole';
    context['aws:userid'] = this.identities.uniqueId(principal);
    if (principal.userName !== undefined) context['aws:username'] = principal.userName;
    return context;
  }
}
