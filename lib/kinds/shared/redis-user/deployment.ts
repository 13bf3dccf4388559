import { KeyturnError } from '../../../core/errors.ts';
import { textOf } from '../../../net/redis/session.ts';
import type { Node } from './doors.ts';

/** What a server says of the deployment that it is part of. */
export interface Member {
  /** `host:port` */
  name: string;
  /** `standalone`, `cluster` or `sentinel`. */
  mode: string;
  replica: boolean;
  /** Replicas that it serves just now. */
  replicas: number;
  /** Servers that its cluster knows, itself included; 0 without a cluster. */
  clusterNodes: number;
}

/** The fields of INFO. https://redis.io/docs/latest/commands/info/ */
export async function infoOf({ session }: Node): Promise<Map<string, string>> {
  const info = textOf(await session.call('INFO'));
  return new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, key = '', value = '']) => [key, value]));
}

export async function memberOf({ name, session }: Node, info: ReadonlyMap<string, string>): Promise<Member> {
  const inCluster = info.get('cluster_enabled') === '1';
  return {
    name,
    mode: info.get('redis_mode') ?? info.get('server_mode') ?? 'standalone',
    replica: info.get('role') === 'slave',
    replicas: Number(info.get('connected_slaves') ?? 0),
    clusterNodes: inCluster ? clusterSize(textOf(await session.call('CLUSTER', 'INFO'))) : 0,
  };
}

function clusterSize(info: string): number {
  return Number(/^cluster_known_nodes:(\d+)/m.exec(info)?.[1] ?? 0);
}

/**
 * What must be so at the whole deployment before anything is changed at any of it. Pure.
 * @throws TargetUnfit with what to do
 */
export function requireWhole(states: readonly Member[], why: string): void {
  for (const { name, mode } of states) {
    if (mode === 'sentinel') throw unfit(name, 'it is a Sentinel, which has users of its own; name the servers');
  }
  // Every replica has one link to whom it replicates from, so the links are as many as the replicas.
  const links = states.reduce((sum, { replicas }) => sum + replicas, 0);
  const named = states.filter(({ replica }) => replica).length;
  if (links > named) {
    throw new KeyturnError(
      'TargetUnfit',
      `target.nodes names ${named} replicas, but ${links} are connected: ${why}, so name every one`,
    );
  }
  const cluster = states.find(({ clusterNodes }) => clusterNodes > states.length);
  if (cluster !== undefined) {
    throw unfit(
      cluster.name,
      `its cluster knows ${cluster.clusterNodes} servers, target.nodes names ${states.length}: ${why}, so name every one (and CLUSTER FORGET those that are gone)`,
    );
  }
}

export function unfit(name: string, what: string): KeyturnError {
  return new KeyturnError('TargetUnfit', `Redis at ${name}: ${what}`);
}
