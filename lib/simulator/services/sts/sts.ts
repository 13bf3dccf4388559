import { AwsError, type Operation, type Service } from '../../types.ts';
import type { SimulatedWorld } from '../../world.ts';

interface AssumeRoleInput {
  RoleArn?: string;
  RoleSessionName?: string;
  DurationSeconds?: string;
}

/** STS. https://docs.aws.amazon.com/STS/latest/APIReference/ */
export class Sts implements Service {
  readonly name = 'sts';
  readonly wire = { protocol: 'query', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' } as const;
  readonly operations: Service['operations'];
  private readonly world: SimulatedWorld;

  constructor(world: SimulatedWorld) {
    this.world = world;
    this.operations = { GetCallerIdentity: this.getCallerIdentity(), AssumeRole: this.assumeRole() };
  }

  /** "No permissions are required": not even an explicit deny stops it. */
  private getCallerIdentity(): Operation {
    return {
      needs: () => [],
      run: (_input, { principal }) => ({
        UserId: this.world.identities.uniqueId(principal),
        Account: principal.accountId,
        Arn: principal.arn,
      }),
    };
  }

  private assumeRole(): Operation<AssumeRoleInput> {
    const { identities } = this.world;
    return {
      needs: ({ RoleArn: resource = '', RoleSessionName: session = '' }, call) => [
        {
          action: 'sts:AssumeRole',
          resource,
          context: { 'sts:RoleSessionName': session },
          // A role that is not there trusts nobody: the answer is AccessDenied, which does not tell that it is missing.
          resourcePolicy: identities.roleByArn(resource)?.trustPolicy.at(call.nowMs) ?? TRUSTS_NOBODY,
        },
      ],
      run: ({ RoleArn: arn = '', RoleSessionName: name = '', DurationSeconds: duration = '3600' }, call) => {
        const role = identities.roleByArn(arn);
        if (!role) throw new AwsError('NoSuchEntity', `There is no role ${arn}`, 404);
        if (call.principal.kind === 'root') {
          throw new AwsError('AccessDenied', 'Roles may not be assumed by root accounts.', 403);
        }
        const session = identities.openSession(role, name, call.nowMs, Number(duration));
        return {
          Credentials: {
            AccessKeyId: session.credentials.accessKeyId,
            SecretAccessKey: session.credentials.secretAccessKey,
            SessionToken: session.credentials.sessionToken,
            Expiration: new Date(session.expiresAtMs),
          },
          AssumedRoleUser: { AssumedRoleId: `${role.roleId}:${name}`, Arn: session.principal.arn },
        };
      },
    };
  }
}

const TRUSTS_NOBODY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' }],
};
