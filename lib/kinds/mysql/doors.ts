import type { KindContext } from '../../core/kind.ts';
import type { Endpoint } from '../shared/database-user/target.ts';
import { type Session, withSession } from './client.ts';
import { type Credential, parseAdmin } from './credential.ts';
import type { Target } from './schema.ts';

export type Context = KindContext<Target>;

/** Logs in with the credential under rotation. */
export function asUser<T>(
  { target, signal }: Context,
  { username, password }: Credential,
  endpoint: Endpoint,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { database, tls } = target;
  return withSession({ endpoint, database, user: username, password, tls, admin: false, signal }, work);
}

/** Logs in with Keyturn's own credential: only ever at an endpoint of the inventory, and in no database. */
export async function asAdmin<T>(
  { target, signal, admin }: Context,
  endpoint: Endpoint,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { username, password } = parseAdmin(await admin(), target);
  const login = { endpoint, database: undefined, user: username, password, tls: target.tls, admin: true, signal };
  return withSession(login, work);
}
