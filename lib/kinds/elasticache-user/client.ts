import { DescribeUsersCommand, ElastiCacheClient, ModifyUserCommand } from '@aws-sdk/client-elasticache';
import { KeyturnError } from '../../core/errors.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { failureOf, nameOf } from './failure.ts';

/** What ElastiCache tells of a user: of its passwords the number alone. */
export interface CacheUser {
  /** What clients log in as. */
  userName: string;
  /** `active`, `modifying` or `deleting`. */
  status: string;
  /** `password`, `no-password` or `iam`. */
  authentication: string;
  passwords: number;
}

/** Every attempt ends within 2 + 5 s, so that three of them fit into a function's time. */
const limits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

/**
 * ElastiCache's users. Endpoint, Region and Keyturn's own credentials come from the environment, by the SDK.
 * Everything throws KeyturnErrors, see `failure.ts`.
 */
export class CacheUsers {
  readonly #client = new ElastiCacheClient(limits);

  async describe(userId: string, signal: AbortSignal): Promise<CacheUser> {
    try {
      const { Users: users } = await this.#client.send(new DescribeUsersCommand({ UserId: userId }), {
        abortSignal: signal,
      });
      const user = users?.find(({ UserId }) => UserId === userId);
      if (user === undefined) throw Object.assign(new Error('none'), { name: 'UserNotFoundFault' });
      return {
        userName: user.UserName ?? '',
        status: user.Status ?? '',
        authentication: user.Authentication?.Type ?? '',
        passwords: user.Authentication?.PasswordCount ?? 0,
      };
    } catch (error) {
      throw failureOf(error, 'elasticache:DescribeUsers', userId);
    }
  }

  /**
   * Makes these the user's passwords, and no others; whatever else it is stays. Takes effect some time later, when the user is
   * `active` again. `busy` when an earlier change is still on its way: nothing was changed.
   */
  async statePasswords(
    userId: string,
    passwords: readonly SecretValue[],
    signal: AbortSignal,
  ): Promise<'taken' | 'busy'> {
    const AuthenticationMode = { Type: 'password' as const, Passwords: passwords.map((password) => password.reveal()) };
    try {
      await this.#client.send(new ModifyUserCommand({ UserId: userId, AuthenticationMode }), { abortSignal: signal });
      return 'taken';
    } catch (error) {
      if (!(error instanceof KeyturnError) && /^InvalidUserState/.test(nameOf(error))) return 'busy';
      throw failureOf(error, 'elasticache:ModifyUser', userId);
    }
  }
}
