import type { DeploymentParts } from './deployments.ts';
import type { Scheduler } from './scheduler.ts';
import type { EcsState } from './state.ts';

/** What the operations work on. */
export interface EcsParts extends DeploymentParts {
  state: EcsState;
  scheduler: Scheduler;
}
