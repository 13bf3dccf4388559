import type { KindContext } from '../../core/kind.ts';
import type { Endpoint } from '../shared/database-user/target.ts';
import { type Login, type Session, withSession } from './client.ts';
import { type Admin, type Credential, parseAdmin } from './credential.ts';
import type { Target } from './schema.ts';

export type Context = KindContext<Target>;

/** Logs in with the credential under rotation. */
export function asUser<T>(
  context: Context,
  credential: Credential,
  endpoint: Endpoint,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSession(loginOf(context, credential, endpoint, false), work);
}

/** Logs in with Keyturn's own credential: only ever at an endpoint of the inventory. */
export async function asAdmin<T>(
  context: Context,
  endpoint: Endpoint,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const admin = parseAdmin(await context.admin(), context.target);
  return withSession(loginOf(context, admin, endpoint, true), work);
}

function loginOf(
  { target, signal }: Context,
  { username, password }: Admin,
  endpoint: Endpoint,
  admin: boolean,
): Login {
  return { endpoint, database: target.database, user: username, password, tls: target.tls, admin, signal };
}
