import type { Credentials, Principal } from '../types.ts';
import { AwsError } from '../types.ts';
import type { SimulatedWorld } from '../world.ts';
import { evaluate } from './policy-engine.ts';

export interface ServiceAssumption {
  roleArn: string;
  sessionName: string;
  /** `lambda.amazonaws.com` */
  byService: string;
  sourceArn?: string;
}

/** A service assumes a role that was passed to it: the role's trust policy alone decides. */
export async function assumeRole(
  world: SimulatedWorld,
  { roleArn, sessionName, byService, sourceArn }: ServiceAssumption,
): Promise<{ principal: Principal; credentials: Required<Credentials> }> {
  const nowMs = world.nowMs();
  const role = world.identities.roleByArn(roleArn);
  const trustPolicy = role?.trustPolicy.at(nowMs);
  const answer =
    trustPolicy &&
    (await evaluate({
      principal: byService,
      accountId: world.accountId,
      action: 'sts:AssumeRole',
      resource: roleArn,
      context: {
        'aws:SecureTransport': 'true',
        'aws:PrincipalIsAWSService': 'true',
        'aws:PrincipalServiceName': byService,
        'aws:SourceAccount': world.accountId,
        ...(sourceArn !== undefined && { 'aws:SourceArn': sourceArn }),
      },
      identityPolicies: [],
      resourcePolicy: trustPolicy,
    }));
  const allowed = answer?.allowed === true;
  world.calls.push({
    atMs: nowMs,
    service: 'sts',
    operation: 'AssumeRole',
    principal: byService,
    resource: roleArn,
    errorCode: allowed ? undefined : 'AccessDenied',
    denied: !allowed,
  });
  if (!role || !allowed) {
    const message = `${byService} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
    throw new AwsError('AccessDenied', message, 403);
  }
  return world.identities.openSession(role, sessionName, nowMs, role.maxSessionSeconds);
}
