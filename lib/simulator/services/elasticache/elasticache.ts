import { AwsError, type Need, type Operation, type Service } from '../../types.ts';
import type { SimulatedWorld } from '../../world.ts';
import { applyTo, type Cache } from './engine.ts';
import { type AuthenticationInput, authenticationOf, type CacheUser, renderUser } from './user.ts';

export interface ElastiCacheOptions {
  /** How long a change of a user takes to reach its caches. Default 3 s; minutes are usual. */
  cacheUserMs?: number;
}

interface UserInput extends AuthenticationInput {
  UserId?: string;
  UserName?: string;
  Engine?: string;
  AccessString?: string;
  AppendAccessString?: string;
  Tags?: { Key: string; Value: string }[];
}

export interface NewCacheUser {
  userId: string;
  userName?: string;
  accessString: string;
  passwords?: string[];
  /** In place of passwords. */
  mode?: 'iam' | 'no-password-required';
  tags?: Readonly<Record<string, string>>;
}

/** A change that has not reached the caches yet. */
interface Change {
  after: CacheUser;
  dueMs: number;
  done: Promise<void> | undefined;
}

/**
 * ElastiCache's users (RBAC), with real servers behind them. Every user is of every attached cache: user groups are left
 * out. https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/
 */
export class ElastiCache implements Service {
  readonly name = 'elasticache';
  readonly wire = { protocol: 'query', namespace: 'http://elasticache.amazonaws.com/doc/2015-02-02/' } as const;
  readonly operations: Record<string, Operation<UserInput>>;
  readonly #world: SimulatedWorld;
  readonly #cacheUserMs: number;
  readonly #caches = new Map<Cache['nodes'], Cache>();
  readonly #users = new Map<string, CacheUser>();
  readonly #changes = new Map<string, Change>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(world: SimulatedWorld, { cacheUserMs = 3_000 }: ElastiCacheOptions = {}) {
    this.#world = world;
    this.#cacheUserMs = cacheUserMs;
    world.onClose(() => {
      for (const timer of this.#timers) clearTimeout(timer);
    });
    this.operations = {
      CreateUser: {
        needs: (input) => this.#need('CreateUser', input),
        run: async (input) => renderUser(await this.createUser(newUserOf(input))),
      },
      ModifyUser: {
        needs: (input) => this.#need('ModifyUser', input),
        run: (input) => this.#modify(input),
      },
      DescribeUsers: {
        needs: (input) => this.#need('DescribeUsers', input),
        run: (input) => this.#describe(input),
      },
    };
  }

  /** A cache that knows every user from now on. */
  async attach(cache: Cache): Promise<void> {
    this.#caches.set(cache.nodes, cache);
    for (const user of this.#users.values()) await applyTo(cache, user);
  }

  /** The cache was deleted. */
  detach({ nodes }: Pick<Cache, 'nodes'>): void {
    this.#caches.delete(nodes);
  }

  /** Active at once: CloudFormation waits for its own changes. @throws AwsError UserAlreadyExists, InvalidParameterValue */
  async createUser({ userId, userName = userId, accessString, ...input }: NewCacheUser): Promise<CacheUser> {
    if (this.#users.has(userId)) throw new AwsError('UserAlreadyExists', `User ${userId} already exists.`);
    const { passwords, mode } = input;
    const authentication = authenticationOf({
      AuthenticationMode: mode ? { Type: mode } : { Type: 'password', Passwords: passwords ?? [] },
    });
    const user: CacheUser = {
      userId,
      userName,
      arn: this.#arnOf(userId),
      engine: 'redis',
      tags: new Map(Object.entries(input.tags ?? {})),
      status: 'active',
      accessString,
      authentication: 'password',
      hashes: [],
      ...authentication,
    };
    this.#users.set(userId, user);
    for (const cache of this.#caches.values()) await applyTo(cache, user);
    return user;
  }

  deleteUser(userId: string): void {
    this.#users.delete(userId);
    this.#changes.delete(userId);
  }

  /** A change takes effect some time later; until then the user takes no other. */
  async #modify(input: UserInput) {
    const user = this.#user(input.UserId);
    await this.#arrive(user.userId);
    const current = this.#user(input.UserId);
    if (current.status !== 'active') {
      throw new AwsError('InvalidUserState', `User ${current.userId} is not in active state.`);
    }
    const appended = input.AppendAccessString === undefined ? '' : ` ${input.AppendAccessString}`;
    const after: CacheUser = {
      ...current,
      ...authenticationOf(input),
      accessString: `${input.AccessString ?? current.accessString}${appended}`,
    };
    this.#users.set(current.userId, { ...after, status: 'modifying' });
    this.#changes.set(current.userId, {
      after,
      dueMs: this.#world.nowMs() + this.#cacheUserMs,
      done: undefined,
    });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#arrive(current.userId).catch(() => undefined);
    }, this.#cacheUserMs);
    this.#timers.add(timer);
    return renderUser(this.#user(input.UserId));
  }

  async #describe({ UserId: userId }: UserInput) {
    for (const id of userId === undefined ? this.#users.keys() : [userId]) await this.#arrive(id);
    const users = userId === undefined ? [...this.#users.values()] : [this.#user(userId)];
    return { Users: users.map(renderUser) };
  }

  /** Looks whether a change's time has come, by the world's clock, and carries it to the nodes. */
  async #arrive(userId: string): Promise<void> {
    const change = this.#changes.get(userId);
    if (change === undefined || this.#world.nowMs() < change.dueMs) return;
    change.done ??= this.#carry(change).finally(() => {
      if (this.#changes.get(userId) === change) this.#changes.delete(userId);
    });
    await change.done;
  }

  async #carry({ after }: Change): Promise<void> {
    for (const cache of this.#caches.values()) await applyTo(cache, after);
    if (this.#users.has(after.userId)) this.#users.set(after.userId, after);
  }

  #user(userId: string | undefined): CacheUser {
    const user = this.#users.get(userId ?? '');
    if (user === undefined) throw new AwsError('UserNotFound', `User ${userId} not found.`, 404);
    return user;
  }

  #arnOf(userId: string): string {
    return `arn:aws:elasticache:${this.#world.region}:${this.#world.accountId}:user:${userId}`;
  }

  /** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticache.html */
  #need(operation: string, { UserId: userId = '*', AuthenticationMode: mode }: UserInput): Need[] {
    const tags = [...(this.#users.get(userId)?.tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
    const context: Record<string, string> = Object.fromEntries(tags);
    if (mode?.Type !== undefined) context['elasticache:UserAuthenticationMode'] = mode.Type;
    return [{ action: `elasticache:${operation}`, resource: this.#arnOf(userId), context }];
  }
}

function newUserOf(input: UserInput): NewCacheUser {
  const mode = input.AuthenticationMode;
  const passwords = mode?.Passwords ?? input.Passwords;
  return {
    userId: input.UserId ?? '',
    userName: input.UserName ?? '',
    accessString: input.AccessString ?? '',
    ...(passwords !== undefined && { passwords }),
    ...(mode?.Type !== undefined && mode.Type !== 'password' && { mode: mode.Type as 'iam' }),
    tags: Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
  };
}
