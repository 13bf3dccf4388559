import { KeyturnError } from '../../core/errors.ts';
import type { NodeState } from './state.ts';

/**
 * What must be so at the whole deployment before anything is changed at any of it. Pure.
 * @throws TargetUnfit with what to do
 */
export function requireWhole(states: readonly NodeState[]): void {
  for (const { name, mode } of states) {
    if (mode === 'sentinel') throw unfit(name, 'it is a Sentinel, which has users of its own; name the servers');
  }
  // Every replica has one link to whom it replicates from, so the links are as many as the replicas.
  const links = states.reduce((sum, { replicas }) => sum + replicas, 0);
  const named = states.filter(({ replica }) => replica).length;
  if (links > named) {
    throw new KeyturnError(
      'TargetUnfit',
      `target.nodes names ${named} replicas, but ${links} are connected: users are not replicated, so name every one`,
    );
  }
  const cluster = states.find(({ clusterNodes }) => clusterNodes > states.length);
  if (cluster !== undefined) {
    throw unfit(
      cluster.name,
      `its cluster knows ${cluster.clusterNodes} servers, target.nodes names ${states.length}: users are not replicated, so name every one (and CLUSTER FORGET those that are gone)`,
    );
  }
}

/** Where an added or removed password is kept over a restart. @throws TargetUnfit when it would be lost. Pure. */
export function requireDurable({ name, aclFile, configFile }: NodeState): void {
  if (aclFile || configFile) return;
  throw unfit(
    name,
    'it has neither an ACL file nor a configuration file: a restart would forget the change and bring the old password back. Start it with a configuration file that its account can write',
  );
}

export function unfit(name: string, what: string): KeyturnError {
  return new KeyturnError('TargetUnfit', `Redis at ${name}: ${what}`);
}
