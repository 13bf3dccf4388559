import { KeyturnError } from '../../core/errors.ts';
import type { KindContext } from '../../core/kind.ts';
import type { Login } from '../shared/redis-user/credential.ts';
import { asUser } from '../shared/redis-user/doors.ts';
import { eventually } from '../shared/wait.ts';
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

/**
 * Waits until the user's last change has reached the nodes, and this is so of it.
 * @throws TargetBusy when that takes longer; the same call again goes on from there
 */
export async function whenActive(
  context: Context,
  users: CacheUsers,
  withinMs: number,
  isSo: (user: CacheUser) => Promise<boolean> = async () => true,
): Promise<void> {
  const { target, signal } = context;
  let now = '';
  const look = async () => {
    const user = await users.describe(target.userId, signal);
    requireFit(user, target);
    now = `${user.status}, with ${user.passwords} passwords`;
    return user.status === 'active' && (await isSo(user));
  };
  if (await eventually(context, withinMs, look, patience.polls)) return;
  throw new KeyturnError(
    'TargetBusy',
    `the ElastiCache user ${target.userId} is ${now}: its change has not arrived yet, it is asked again`,
  );
}

/**
 * Makes these the user's passwords, all of them, and waits until that is so. Nothing is stated when it is so already: a
 * second change would take as long again, and a repeated call would never end. The number is told by ElastiCache, the
 * passwords by logging in.
 * @throws TargetBusy; TargetUnfit when one that is to stay is refused: then the user has another one, which would end
 */
export async function stateList(
  context: Context,
  users: CacheUsers,
  { stays, joins }: { stays: readonly Login[]; joins: readonly Login[] },
  withinMs: number,
): Promise<void> {
  const wanted = [...stays, ...joins];
  const list = wanted.filter(({ password }, at) => at === wanted.findIndex((one) => one.password.equals(password)));
  const passwords = list.map(({ password }) => password);
  let stated = false;
  await whenActive(context, users, withinMs, async (user) => {
    const isAsMany = user.passwords === list.length;
    if (stated || (isAsMany && (await areAccepted(context, list)))) return isAsMany;
    if (!(await areAccepted(context, stays))) throw strangers(context.target);
    stated = (await users.statePasswords(context.target.userId, passwords, context.signal)) === 'taken';
    return false;
  });
}

const whereToLook = 'is its user group assigned to this cache, and its access string on';

function strangers({ userId, user }: Target): KeyturnError {
  return new KeyturnError(
    'TargetUnfit',
    `the password of "${user}" that is to stay is refused: ${whereToLook}? If so, the ElastiCache user ${userId} has another one, which nobody recorded and somebody may use: put that into the secret, or state the secret's by hand (ModifyUser)`,
  );
}

async function areAccepted(context: Context, logins: readonly Login[]): Promise<boolean> {
  for (const login of logins) if (!(await isAccepted(context, login))) return false;
  return true;
}

/** At the first node; the list is one for all. @throws what is neither a yes nor a refusal of the password */
export async function isAccepted(context: Context, login: Login): Promise<boolean> {
  const [node] = context.target.nodes;
  return node !== undefined && (await logsIn(context, login, node));
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
  for (const node of context.target.nodes) {
    const look = () => logsIn(context, login, node);
    if (await eventually(context, patience.spreadMs, look, patience.polls)) continue;
    throw new KeyturnError(
      'AuthenticationRefused',
      `Redis at ${node.host}:${node.port} refuses the new password of "${login.username}" although the ElastiCache user ${context.target.userId} is active: ${whereToLook}?`,
    );
  }
}
