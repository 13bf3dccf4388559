/** What is gathered of one service before anything is decided. Instants are epoch milliseconds, AWS's words are kept. */
export interface ServiceState {
  /** ACTIVE, DRAINING, INACTIVE; MISSING when ECS knows no such service. */
  status: string;
  /** ECS, CODE_DEPLOY, EXTERNAL. */
  controller: string;
  desiredCount: number;
  /** What new tasks are started from. */
  taskDefinition: string;
  /** The deployment that ECS works towards. It may be a rollback: only service deployments tell. */
  primary: { createdAtMs: number; rolloutState: string | undefined; reason: string | undefined } | undefined;
  currentServiceDeployment: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentBrief.html */
export interface ServiceDeployment {
  arn: string;
  status: string;
  reason: string | undefined;
  createdAtMs: number;
  finishedAtMs: number | undefined;
}

export interface Task {
  arn: string;
  /** When it entered PENDING, that is before its secrets were read; undefined when ECS does not say. */
  createdAtMs: number | undefined;
  lastStatus: string;
  desiredStatus: string;
}

export interface Scene {
  service: ServiceState;
  /** Those created at or after the promotion, in any order. */
  deployments: ServiceDeployment[];
  /** Every task of the service that has not STOPPED. */
  tasks: Task[];
}
