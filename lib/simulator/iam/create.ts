import { AwsError } from '../types.ts';
import {
  type AccessKey,
  type IdentityStore,
  newId,
  newSecret,
  type Policies,
  type PolicyDocument,
  type Role,
  type User,
} from './identity-store.ts';
import { malformation } from './policy-engine.ts';
import { Propagating } from './propagating.ts';

export interface When {
  nowMs: number;
  /** How long until the other services see it. */
  delayMs: number;
}

export interface NewUser {
  userName: string;
  /** Default `/`. */
  path?: string;
  tags?: Readonly<Record<string, string>>;
  policies?: Policies;
}

export interface NewRole {
  roleName: string;
  trustPolicy: PolicyDocument;
  /** Default `/`. */
  path?: string;
  policies?: Policies;
  description?: string;
  /** Default 3600. */
  maxSessionSeconds?: number;
  tags?: Readonly<Record<string, string>>;
}

/** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument */
export async function createUser(identities: IdentityStore, input: NewUser, when: When): Promise<User> {
  const { userName, path = '/', tags = {}, policies = {} } = input;
  if (identities.users.has(userName)) {
    throw new AwsError('EntityAlreadyExists', `User with name ${userName} already exists.`, 409);
  }
  await requireWellFormed(policies);
  const user: User = {
    userName,
    userId: newId('AIDA'),
    arn: `arn:aws:iam::${identities.accountId}:user${path}${userName}`,
    path,
    createdAtMs: when.nowMs,
    tags: new Map(Object.entries(tags)),
    policies: new Propagating<Policies>({}),
    keys: new Map(),
  };
  user.policies.set(policies, when.nowMs, when.delayMs);
  identities.users.set(userName, user);
  return user;
}

/** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument */
export async function createRole(identities: IdentityStore, input: NewRole, when: When): Promise<Role> {
  const { roleName, trustPolicy, path = '/', policies = {}, description, maxSessionSeconds = 3600, tags = {} } = input;
  if (identities.roles.has(roleName)) {
    throw new AwsError('EntityAlreadyExists', `Role with name ${roleName} already exists.`, 409);
  }
  await requireWellFormed({ ...policies });
  await requireWellFormed({ trust: trustPolicy }, 'resource');
  const role: Role = {
    roleName,
    roleId: newId('AROA'),
    arn: `arn:aws:iam::${identities.accountId}:role${path}${roleName}`,
    path,
    description,
    maxSessionSeconds,
    createdAtMs: when.nowMs,
    tags: new Map(Object.entries(tags)),
    trustPolicy: new Propagating<PolicyDocument | undefined>(undefined),
    policies: new Propagating<Policies>({}),
  };
  role.trustPolicy.set(trustPolicy, when.nowMs, when.delayMs);
  role.policies.set(policies, when.nowMs, when.delayMs);
  identities.roles.set(roleName, role);
  return role;
}

/** Adds or replaces one inline policy. @throws AwsError MalformedPolicyDocument */
export async function putPolicy(owner: User | Role, name: string, policy: PolicyDocument, when: When): Promise<void> {
  await requireWellFormed({ [name]: policy });
  owner.policies.set({ ...owner.policies.latest, [name]: policy }, when.nowMs, when.delayMs);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const KEYS_PER_USER = 2;

/** @throws AwsError LimitExceeded at the third key, active or not. */
export function createAccessKey(user: User, when: When): AccessKey {
  if (liveKeys(user).length >= KEYS_PER_USER) {
    throw new AwsError('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`, 409);
  }
  const key: AccessKey = {
    accessKeyId: newId('AKIA'),
    secretAccessKey: newSecret(),
    createdAtMs: when.nowMs,
    status: new Propagating<AccessKey['status']['latest']>('absent'),
    lastUse: new Propagating<AccessKey['lastUse']['latest']>(undefined),
  };
  key.status.set('Active', when.nowMs, when.delayMs);
  user.keys.set(key.accessKeyId, key);
  return key;
}

/** What ListAccessKeys shows. */
export function liveKeys(user: User): AccessKey[] {
  return [...user.keys.values()].filter((key) => key.status.latest !== 'absent');
}

async function requireWellFormed(policies: Policies, side: 'identity' | 'resource' = 'identity'): Promise<void> {
  for (const policy of Object.values(policies)) {
    const problem = await malformation(policy, side);
    if (problem !== undefined) throw new AwsError('MalformedPolicyDocument', problem);
  }
}
