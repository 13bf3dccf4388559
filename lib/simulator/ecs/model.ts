/** What is kept of clusters, task definitions, services, deployments and tasks. Field names are AWS's. */

export interface KeyValue {
  name: string;
  value: string;
}

/** The container's part that is acted on; whatever else was registered is kept and shown. */
export interface ContainerDefinition {
  name: string;
  /** `command[0]` is an executable of this machine: the process stands in for the container. */
  command: string[];
  environment?: KeyValue[];
  secrets?: { name: string; valueFrom: string }[];
  /** Seconds between SIGTERM and SIGKILL. Default 30, as on Fargate. */
  stopTimeout?: number;
  healthCheck?: { command: string[] };
  [more: string]: unknown;
}

export interface TaskDefinition {
  taskDefinitionArn: string;
  family: string;
  revision: number;
  status: 'ACTIVE';
  containerDefinitions: [ContainerDefinition];
  executionRoleArn?: string;
  taskRoleArn?: string;
  registeredAt: Date;
  [more: string]: unknown;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html; ACTIVATING and DEPROVISIONING take no time here. */
export type TaskStatus = 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'STOPPED';

export type StopCode = 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'ServiceSchedulerInitiated';

export interface ContainerOverride {
  command?: string[];
  environment?: KeyValue[];
}

export interface Task {
  readonly id: string;
  readonly taskArn: string;
  readonly clusterName: string;
  readonly definition: TaskDefinition;
  /** `service:NAME` or `family:NAME`. */
  readonly group: string;
  /** The deployment's id, for a service's task. */
  readonly startedBy: string | undefined;
  readonly override: ContainerOverride;
  /**
   * When ECS took the task on, before any secret is read. The API reference says "entered the PENDING state"; AWS's own
   * example event has it 4 s before the network interface was attached, that is at the beginning of PROVISIONING.
   * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
   */
  readonly createdAt: Date;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  health: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  /** Counts state changes. */
  version: number;
  port?: number;
  /** By `performance.now()`: what takes time here takes real time, whatever the world's clock says. */
  runningSinceMs?: number;
  startedAt?: Date;
  stoppingAt?: Date;
  executionStoppedAt?: Date;
  stoppedAt?: Date;
  stopCode?: StopCode;
  stoppedReason?: string;
  exitCode?: number;
}

export type RolloutState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html */
export interface Deployment {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly revisionArn: string;
  readonly serviceDeployment: ServiceDeployment;
  /** Started by the circuit breaker or StopServiceDeployment. */
  readonly isRollback: boolean;
  readonly createdAt: Date;
  updatedAt: Date;
  /** INACTIVE ones are no longer listed. */
  status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
  rolloutState: RolloutState;
  rolloutStateReason: string;
  failedTasks: number;
  /** Reached COMPLETED at some time. */
  completed: boolean;
  /** How many tasks of a superseded deployment are still wanted, until newer healthy ones take their place. */
  keep: number;
}

export type ServiceDeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'SUCCESSFUL'
  | 'STOPPED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html */
export interface ServiceDeployment {
  readonly serviceDeploymentArn: string;
  readonly createdAt: Date;
  readonly sourceRevisionArns: string[];
  readonly targetRevisionArn: string;
  updatedAt: Date;
  status: ServiceDeploymentStatus;
  statusReason?: string;
  startedAt?: Date;
  finishedAt?: Date;
  stoppedAt?: Date;
  rollback?: { reason: string; startedAt: Date; serviceRevisionArn: string };
  breaker: { status: 'DISABLED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'TRIGGERED'; failureCount: number };
}

export interface CircuitBreaker {
  enable: boolean;
  rollback: boolean;
  /** Default true. */
  resetOnHealthyTask?: boolean;
  thresholdConfiguration?: { type: 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT' | 'COUNT'; value: number };
}

export interface DeploymentConfiguration {
  /** Default 200; rounded down. */
  maximumPercent: number;
  /** Default 100; rounded up. */
  minimumHealthyPercent: number;
  deploymentCircuitBreaker?: CircuitBreaker;
}

export interface EcsServiceState {
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly clusterName: string;
  readonly createdAt: Date;
  readonly controller: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL';
  readonly targetGroupArn: string | undefined;
  readonly shown: Record<string, unknown>;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  definition: TaskDefinition;
  desiredCount: number;
  healthCheckGracePeriodSeconds: number;
  deploymentConfiguration: DeploymentConfiguration;
  /** Newest first; the first is PRIMARY. Without those that are INACTIVE. */
  deployments: Deployment[];
  /** The newest that reached COMPLETED: where a rollback goes. */
  lastCompleted: Deployment | undefined;
  serviceDeployments: ServiceDeployment[];
  tasks: Task[];
  events: { id: string; createdAt: Date; message: string }[];
  /** Deployments that UpdateService started. */
  restarts: number;
  /** Launches that failed in a row, and when the next may be tried, by `performance.now()`. */
  failuresInARow: number;
  launchNotBeforeMs: number;
}
