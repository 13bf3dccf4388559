import { createHash } from 'node:crypto';
import { AwsError } from '../../types.ts';

export interface CacheUser {
  userId: string;
  userName: string;
  arn: string;
  engine: string;
  tags: ReadonlyMap<string, string>;
  status: 'active' | 'modifying';
  accessString: string;
  authentication: 'password' | 'no-password' | 'iam';
  /** SHA-256, as the engine keeps them. */
  hashes: readonly string[];
}

/** How a user logs in, as CreateUser and ModifyUser are told. */
export interface AuthenticationInput {
  Passwords?: string[];
  NoPasswordRequired?: string | boolean;
  AuthenticationMode?: { Type?: string; Passwords?: string[] };
}

/**
 * "Passwords must be 16–128 printable characters. The following nonalphanumeric characters are not allowed: , "" / @", "you
 * can set up to two passwords". https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
export function hashesOf(passwords: readonly string[]): string[] {
  if (passwords.length < 1 || passwords.length > 2) {
    throw new AwsError('InvalidParameterValue', `A user has one or two passwords, not ${passwords.length}.`);
  }
  if (!passwords.every((password) => /^[!-~]{16,128}$/.test(password) && !/[,"/@]/.test(password))) {
    throw new AwsError('InvalidParameterValue', 'Passwords must be 16-128 printable characters without , " / @.');
  }
  return passwords.map((password) => createHash('sha256').update(password).digest('hex'));
}

/** Undefined: the request says nothing of it. https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_AuthenticationMode.html */
export function authenticationOf({
  Passwords,
  NoPasswordRequired,
  AuthenticationMode: mode,
}: AuthenticationInput): Pick<CacheUser, 'authentication' | 'hashes'> | undefined {
  if (mode !== undefined && (Passwords !== undefined || NoPasswordRequired !== undefined)) {
    throw new AwsError('InvalidParameterCombination', 'AuthenticationMode stands alone.');
  }
  if (mode?.Type === 'iam') return { authentication: 'iam', hashes: [] };
  if (mode?.Type === 'no-password-required' || String(NoPasswordRequired) === 'true') {
    return { authentication: 'no-password', hashes: [] };
  }
  const passwords = mode?.Passwords ?? Passwords;
  if (passwords === undefined) return undefined;
  return { authentication: 'password', hashes: hashesOf(passwords) };
}

/** Of the passwords the number alone. https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_User.html */
export function renderUser(user: CacheUser) {
  return {
    UserId: user.userId,
    UserName: user.userName,
    Status: user.status,
    Engine: user.engine,
    AccessString: user.accessString,
    UserGroupIds: [],
    Authentication: {
      Type: user.authentication,
      PasswordCount: user.authentication === 'password' ? user.hashes.length : undefined,
    },
    ARN: user.arn,
  };
}
