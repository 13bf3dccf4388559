import { SecretValue } from '../../core/secret-value.ts';
import type { Reply } from '../../net/redis/reply.ts';
import { pairsOf, textOf } from '../../net/redis/session.ts';
import { infoOf, type Member, memberOf } from '../shared/redis-user/deployment.ts';
import type { Node } from '../shared/redis-user/doors.ts';
import { hashOf } from '../shared/redis-user/identity.ts';

/** An ACL user as one server knows it. */
export interface User {
  /** Such as `on`, `off`, `nopass`. */
  flags: readonly string[];
  /** Of its passwords, as `hashOf` makes them. */
  hashes: readonly SecretValue[];
}

/** Everything at one server that a change depends on. */
export interface NodeState extends Member {
  /** Undefined: there is no such user. */
  user: User | undefined;
  /** Where changes of users are kept over a restart. */
  aclFile: boolean;
  configFile: boolean;
  /** What it logs in with at its own primary: now, or after a failover. The hash: undefined when no password is set. */
  primaryLogin: { user: string; hash: SecretValue | undefined };
  /** The hash of `requirepass`, a second record of a password of the user `default`; undefined when it is not set. */
  requirePass: SecretValue | undefined;
}

/** Gathers the state, in two round trips at most. Read-only. */
export async function gather(node: Node, user: string): Promise<NodeState> {
  const { session } = node;
  const setting = async (key: string) => textOf(pairsOf(await session.call('CONFIG', 'GET', key)).get(key) ?? '');
  const [known, info, aclFile, primaryUser, primaryAuth, requirePass] = await Promise.all([
    userAt(node, user),
    infoOf(node),
    setting('aclfile'),
    setting('masteruser'),
    setting('masterauth'),
    setting('requirepass'),
  ]);
  return {
    ...(await memberOf(node, info)),
    user: known,
    aclFile: aclFile !== '',
    configFile: (info.get('config_file') ?? '') !== '',
    primaryLogin: { user: primaryUser || 'default', hash: hashIfAny(primaryAuth) },
    requirePass: hashIfAny(requirePass),
  };
}

/** Undefined: there is no such user. Read-only. */
export async function userAt({ session }: Node, user: string): Promise<User | undefined> {
  const reply = await session.call('ACL', 'GETUSER', user);
  if (reply === null) return undefined;
  const known = pairsOf(reply);
  return {
    flags: textsOf(known.get('flags')),
    hashes: textsOf(known.get('passwords')).map((hash) => SecretValue.of(hash)),
  };
}

export function accepts(user: User | undefined, hash: SecretValue): boolean {
  return user?.hashes.some((one) => one.equals(hash)) ?? false;
}

function textsOf(reply: Reply | undefined): string[] {
  return Array.isArray(reply) ? reply.map((one: Reply) => textOf(one)) : [];
}

function hashIfAny(password: string): SecretValue | undefined {
  return password === '' ? undefined : hashOf(SecretValue.of(password));
}
