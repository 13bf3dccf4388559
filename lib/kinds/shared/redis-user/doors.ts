import { nameOf, type RedisSession, withSession } from '../../../net/redis/session.ts';
import type { Endpoint } from '../../../net/redis/wire.ts';
import { type Login, parseAdmin } from './credential.ts';
import type { Context } from './place.ts';

/** Keyturn's own session at one server. */
export interface Node {
  /** `host:port` */
  name: string;
  session: RedisSession;
}

/** Logs in with the credential under rotation. */
export function asUser<T>(
  { target, signal }: Context,
  { username: user, password }: Login,
  endpoint: Endpoint,
  work: (session: RedisSession) => Promise<T>,
): Promise<T> {
  return withSession({ endpoint, tls: target.tls, user, password, signal }, work);
}

/** How a kind grants its admin what it needs, in one line: `ACL SETUSER rotator +acl …`. */
export type Remedy = (admin: string) => string;

/**
 * Logs in with Keyturn's own credential: only ever at a server of the inventory.
 * @param remedy told when it lacks a command
 */
export async function asAdmin<T>(
  context: Context,
  endpoint: Endpoint,
  remedy: Remedy,
  work: (node: Node) => Promise<T>,
): Promise<T> {
  const { target, signal } = context;
  const { username: user, password } = parseAdmin(await context.admin(), target);
  const login = { endpoint, tls: target.tls, user, password, remedy: remedy(user), signal };
  return withSession(login, (session) => work({ name: nameOf(endpoint), session }));
}

/** Logs in at every server before any work is done: one that cannot be reached stops all, with nothing changed. */
export function onEveryNode<T>(
  context: Context,
  remedy: Remedy,
  work: (nodes: readonly Node[]) => Promise<T>,
): Promise<T> {
  const open = ([endpoint, ...rest]: readonly Endpoint[], nodes: readonly Node[]): Promise<T> =>
    endpoint === undefined ? work(nodes) : asAdmin(context, endpoint, remedy, (node) => open(rest, [...nodes, node]));
  return open(context.target.nodes, []);
}

/** Logs in at every server. AUTH names the user and the password; there is no way to log in as somebody else. */
export async function verifyEverywhere(context: Context, login: Login): Promise<void> {
  for (const endpoint of context.target.nodes) await asUser(context, login, endpoint, async () => undefined);
}
