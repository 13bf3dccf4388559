import { SecretValue } from '../../core/secret-value.ts';
import type { Reply } from '../../net/redis/reply.ts';
import { pairsOf, textOf } from '../../net/redis/session.ts';
import type { Node } from './doors.ts';
import { hashOf } from './identity.ts';

/** An ACL user as one server knows it. */
export interface User {
  /** Such as `on`, `off`, `nopass`. */
  flags: readonly string[];
  /** Of its passwords, as `hashOf` makes them. */
  hashes: readonly SecretValue[];
}

/** Everything at one server that a change depends on. */
export interface NodeState {
  /** `host:port` */
  name: string;
  /** Undefined: there is no such user. */
  user: User | undefined;
  /** `standalone`, `cluster` or `sentinel`. */
  mode: string;
  replica: boolean;
  /** Replicas that it serves just now. */
  replicas: number;
  /** Servers that its cluster knows, itself included; 0 without a cluster. */
  clusterNodes: number;
  /** Where changes of users are kept over a restart. */
  aclFile: boolean;
  configFile: boolean;
  /** What it logs in with at its own primary: now, or after a failover. The hash: undefined when no password is set. */
  primaryLogin: { user: string; hash: SecretValue | undefined };
  /** The hash of `requirepass`, a second record of a password of the user `default`; undefined when it is not set. */
  requirePass: SecretValue | undefined;
}

/** Gathers the state, in two round trips at most. Read-only. */
export async function gather({ name, session }: Node, user: string): Promise<NodeState> {
  const setting = async (key: string) => textOf(pairsOf(await session.call('CONFIG', 'GET', key)).get(key) ?? '');
  const [getUser, info, aclFile, primaryUser, primaryAuth, requirePass] = await Promise.all([
    session.call('ACL', 'GETUSER', user),
    session.call('INFO'),
    setting('aclfile'),
    setting('masteruser'),
    setting('masterauth'),
    setting('requirepass'),
  ]);
  const facts = new Map(
    [...textOf(info).matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, key = '', value = '']) => [key, value]),
  );
  const inCluster = facts.get('cluster_enabled') === '1';
  return {
    name,
    user: userOf(getUser),
    mode: facts.get('redis_mode') ?? facts.get('server_mode') ?? 'standalone',
    replica: facts.get('role') === 'slave',
    replicas: Number(facts.get('connected_slaves') ?? 0),
    clusterNodes: inCluster ? clusterSize(textOf(await session.call('CLUSTER', 'INFO'))) : 0,
    aclFile: aclFile !== '',
    configFile: (facts.get('config_file') ?? '') !== '',
    primaryLogin: { user: primaryUser || 'default', hash: hashIfAny(primaryAuth) },
    requirePass: hashIfAny(requirePass),
  };
}

export function accepts(user: User | undefined, hash: SecretValue): boolean {
  return user?.hashes.some((one) => one.equals(hash)) ?? false;
}

function userOf(reply: Reply): User | undefined {
  if (reply === null) return undefined;
  const user = pairsOf(reply);
  return {
    flags: textsOf(user.get('flags')),
    hashes: textsOf(user.get('passwords')).map((hash) => SecretValue.of(hash)),
  };
}

function textsOf(reply: Reply | undefined): string[] {
  return Array.isArray(reply) ? reply.map((one: Reply) => textOf(one)) : [];
}

function clusterSize(info: string): number {
  return Number(/^cluster_known_nodes:(\d+)/m.exec(info)?.[1] ?? 0);
}

function hashIfAny(password: string): SecretValue | undefined {
  return password === '' ? undefined : hashOf(SecretValue.of(password));
}
