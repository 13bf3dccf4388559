import {
  createAccessKey,
  createRole,
  createUser,
  type NewRole,
  type NewUser,
  putPolicy,
  type When,
} from '../../iam/create.ts';
import type { AccessKey, IdentityStore, PolicyDocument, Role, User } from '../../iam/identity-store.ts';
import { AwsError, type Call, type Need, type Service } from '../../types.ts';
import type { SimulatedWorld } from '../../world.ts';
import { accessKeyOperations } from './access-keys.ts';
import { roleOperations } from './roles.ts';
import { userOperations } from './users.ts';

/**
 * IAM. https://docs.aws.amazon.com/IAM/latest/APIReference/
 * What comes over the wire takes effect after the world's propagation delay; the methods, which a deployment uses, at once:
 * CloudFormation waits for its own changes.
 */
export class Iam implements Service {
  readonly name = 'iam';
  readonly wire = { protocol: 'query', namespace: 'https://iam.amazonaws.com/doc/2010-05-08/' } as const;
  readonly operations: Service['operations'];
  readonly identities: IdentityStore;
  private readonly world: SimulatedWorld;

  constructor(world: SimulatedWorld) {
    this.world = world;
    this.identities = world.identities;
    this.operations = { ...userOperations(this), ...accessKeyOperations(this), ...roleOperations(this) };
  }

  /** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument */
  createUser(input: NewUser): Promise<User> {
    return createUser(this.identities, input, this.now());
  }

  /** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument */
  createRole(input: NewRole): Promise<Role> {
    return createRole(this.identities, input, this.now());
  }

  /** Adds or replaces an inline policy. @throws AwsError NoSuchEntity, MalformedPolicyDocument */
  putRolePolicy(roleName: string, policyName: string, policy: PolicyDocument): Promise<void> {
    return putPolicy(this.identities.role(roleName), policyName, policy, this.now());
  }

  /** Adds or replaces an inline policy. @throws AwsError NoSuchEntity, MalformedPolicyDocument */
  putUserPolicy(userName: string, policyName: string, policy: PolicyDocument): Promise<void> {
    return putPolicy(this.identities.user(userName), policyName, policy, this.now());
  }

  /** @throws AwsError NoSuchEntity, LimitExceeded */
  createAccessKey(userName: string): AccessKey {
    return createAccessKey(this.identities.user(userName), this.now());
  }

  /** When a change made now over the wire takes effect. */
  later(): When {
    return { nowMs: this.world.nowMs(), delayMs: this.world.iamPropagationMs };
  }

  private now(): When {
    return { nowMs: this.world.nowMs(), delayMs: 0 };
  }

  /** The named user, or the caller. @throws AwsError ValidationError when the caller is no user. */
  userOf(userName: string | undefined, call: Call): User {
    return this.identities.user(this.userName(userName, call));
  }

  needUser(action: string, userName: string | undefined, call: Call): Need[] {
    const name = this.userName(userName, call);
    const user = this.identities.users.get(name);
    const resource = user?.arn ?? `arn:aws:iam::${call.accountId}:user/${name}`;
    return [{ action, resource, context: tagContext(user?.tags) }];
  }

  needRole(action: string, roleName: string | undefined, call: Call): Need[] {
    const role = this.identities.roles.get(roleName ?? '');
    const resource = role?.arn ?? `arn:aws:iam::${call.accountId}:role/${roleName}`;
    return [{ action, resource, context: tagContext(role?.tags) }];
  }

  private userName(userName: string | undefined, call: Call): string {
    const name = userName ?? call.principal.userName;
    if (name === undefined) {
      throw new AwsError('ValidationError', 'Must specify userName when calling with non-User credentials');
    }
    return name;
  }
}

/** IAM answers to both names. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html */
function tagContext(tags: ReadonlyMap<string, string> = new Map()): Record<string, string> {
  return Object.fromEntries(
    [...tags].flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`iam:ResourceTag/${key}`, value],
    ]),
  );
}
