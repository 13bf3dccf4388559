import type { KindContext } from '../../core/kind.ts';
import { nameOf, type RedisSession, withSession } from '../../net/redis/session.ts';
import type { Endpoint } from '../../net/redis/wire.ts';
import { type Login, parseAdmin } from './credential.ts';
import type { Target } from './schema.ts';

export type Context = KindContext<Target>;

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
  return withSession({ endpoint, tls: target.tls, user, password, admin: false, signal }, work);
}

/** Logs in with Keyturn's own credential: only ever at a server of the inventory. */
export async function asAdmin<T>(context: Context, endpoint: Endpoint, work: (node: Node) => Promise<T>): Promise<T> {
  const { target, signal } = context;
  const { username: user, password } = parseAdmin(await context.admin(), target);
  const login = { endpoint, tls: target.tls, user, password, admin: true, signal };
  return withSession(login, (session) => work({ name: nameOf(endpoint), session }));
}

/** Logs in at every server before any work is done: one that cannot be reached stops all, with nothing changed. */
export function onEveryNode<T>(context: Context, work: (nodes: readonly Node[]) => Promise<T>): Promise<T> {
  const open = ([endpoint, ...rest]: readonly Endpoint[], nodes: readonly Node[]): Promise<T> =>
    endpoint === undefined ? work(nodes) : asAdmin(context, endpoint, (node) => open(rest, [...nodes, node]));
  return open(context.target.nodes, []);
}
