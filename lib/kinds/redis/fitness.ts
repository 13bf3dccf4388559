import { requireWhole as requireWholeDeployment, unfit } from '../shared/redis-user/deployment.ts';
import type { NodeState } from './state.ts';

/** Before anything is changed at any server. Pure. @throws TargetUnfit with what to do */
export function requireWhole(states: readonly NodeState[]): void {
  requireWholeDeployment(states, 'users are not replicated');
}

/** Where an added or removed password is kept over a restart. @throws TargetUnfit when it would be lost. Pure. */
export function requireDurable({ name, aclFile, configFile }: NodeState): void {
  if (aclFile || configFile) return;
  throw unfit(
    name,
    'it has neither an ACL file nor a configuration file: a restart would forget the change and bring the old password back. Start it with a configuration file that its account can write',
  );
}
