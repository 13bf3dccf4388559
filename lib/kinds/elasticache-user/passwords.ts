import { KeyturnError } from '../../core/errors.ts';
import type { KindContext } from '../../core/kind.ts';
import { pause } from '../../core/pause.ts';
import type { Login } from '../../net/redis/credential.ts';
import { asUser } from '../../net/redis/doors.ts';
import type { CacheUser, CacheUsers } from './client.ts';
import { patience } from './patience.ts';
import type { Target } from './schema.ts';

export type Context = KindContext<Target>;

/**
 * What must be so of a user before its passwords are stated. Pure.
 * @throws TargetUnfit, TargetMismatch
 */
export function requireFit({ userName, status, authentication }: CacheUser, { userId, user }: Target): void {
  const unfit = (what: string) => new KeyturnError('TargetUnfit', `the ElastiCache user ${userId} ${what}`);
  if (userName !== user) {
    throw new KeyturnError(
      'TargetMismatch',
      `the ElastiCache user ${userId} logs in as "${userName}", the inventory says "${user}": correct target.user`,
    );
  }
  if (authentication === 'iam') {
    throw unfit('logs in by IAM, which has no password to rotate; give it one (ModifyUser), or leave it out');
  }
  if (authentication !== 'password') {
    // A first password would shut out everybody who logs in without.
    throw unfit('needs no password; give it one, and put it into the secret');
  }
  if (status === 'deleting') throw unfit('is being deleted');
}

/** Waits for the user's last change to have reached the nodes. @throws TargetBusy when that takes longer */
export async function whenActive(
  { target, clock, signal }: Context,
  users: CacheUsers,
  untilMs: number,
  isSo: (user: CacheUser) => boolean = () => true,
): Promise<CacheUser> {
  for (;;) {
    const user = await users.describe(target.userId, signal);
    requireFit(user, target);
    if (user.status === 'active' && isSo(user)) return user;
    if (clock.nowMs() >= untilMs) {
      throw new KeyturnError(
        'TargetBusy',
        `the ElastiCache user ${target.userId} is ${user.status} with ${user.passwords} passwords: its change has not arrived yet, it is asked again`,
      );
    }
    await pause(clock, patience.pollMs, signal);
  }
}

/**
 * Makes these the user's passwords, all of them, and waits until that is so. Nothing is stated when it is so already: a
 * second change would take as long again, and a waiting call would never end. The number is told by ElastiCache, the
 * passwords by logging in.
 * @throws TargetBusy when it is not so in time; the same call again goes on from there
 */
export async function stateList(
  context: Context,
  users: CacheUsers,
  wanted: readonly Login[],
  withinMs: number,
): Promise<void> {
  const { target, clock, signal } = context;
  const list = wanted.filter(({ password }, at) => at === wanted.findIndex((one) => one.password.equals(password)));
  const untilMs = clock.nowMs() + withinMs;
  const passwords = list.map(({ password }) => password);
  for (;;) {
    const user = await whenActive(context, users, untilMs);
    if (user.passwords === list.length && (await areAccepted(context, list))) return;
    if ((await users.statePasswords(target.userId, passwords, signal)) === 'taken') break;
  }
  await whenActive(context, users, untilMs, (user) => user.passwords === list.length);
}

async function areAccepted(context: Context, logins: readonly Login[]): Promise<boolean> {
  for (const login of logins) if (!(await isAccepted(context, login))) return false;
  return true;
}

/** At the first node; the list is one for all. @throws what is neither a yes nor a refusal of the password */
export async function isAccepted(context: Context, login: Login): Promise<boolean> {
  const [node] = context.target.nodes;
  if (node === undefined) return false;
  return await logsIn(context, login, node);
}

async function logsIn(context: Context, login: Login, node: Target['nodes'][number]): Promise<boolean> {
  try {
    await asUser(context, login, node, async () => undefined);
    return true;
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'AuthenticationRefused') return false;
    throw error;
  }
}

/** Logs in at every node, giving each some time to hear of the password. @throws AuthenticationRefused */
export async function acceptedEverywhere(context: Context, login: Login): Promise<void> {
  const { clock, signal, target } = context;
  const untilMs = clock.nowMs() + patience.spreadMs;
  for (const node of target.nodes) {
    while (!(await logsIn(context, login, node))) {
      if (clock.nowMs() >= untilMs) {
        throw new KeyturnError(
          'AuthenticationRefused',
          `Redis at ${node.host}:${node.port} refuses the new password of "${login.username}" although the ElastiCache user ${target.userId} is active: is its user group assigned to this cache, and its access string on?`,
        );
      }
      await pause(clock, patience.pollMs, signal);
    }
  }
}
