/** Who makes a call, as IAM sees it. */
export interface Principal {
  /** `arn:aws:sts::…:assumed-role/…`, `arn:aws:iam::…:user/…`, `arn:aws:iam::…:root`, or a service's host name. */
  arn: string;
  kind: 'root' | 'user' | 'role-session' | 'service';
  accountId: string;
  /** Of a role session. */
  roleName?: string;
  /** Of a user. */
  userName?: string;
}

/** One call to one operation, on its way through authorization to the service. */
export interface Call {
  principal: Principal;
  requestId: string;
  /** `secretsmanager`, `iam`, … as in the credential scope. */
  service: string;
  operation: string;
  region: string;
  accountId: string;
  /** The access key that signed; undefined for a call made inside AWS. */
  accessKeyId?: string;
  nowMs: number;
}

/** What IAM must allow before an operation runs; several for an operation that needs several. */
export interface Need {
  /** `secretsmanager:GetSecretValue` */
  action: string;
  resource: string;
  /** Condition keys of the request and the resource, such as `secretsmanager:VersionStage`, `aws:ResourceTag/x`. */
  context?: Record<string, string | string[]>;
  /** The resource's own policy, a JSON policy document. */
  resourcePolicy?: unknown;
}

export interface Operation<Input = Record<string, unknown>, Output = unknown> {
  /** Pure look at state. An operation that needs no permission (GetCallerIdentity) returns []. */
  needs(input: Input, call: Call): Need[];
  run(input: Input, call: Call): Output | Promise<Output>;
}

export interface Service {
  /** As in the credential scope: `secretsmanager`. */
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each operation types its own input; the wire has parsed it to JSON.
  operations: Record<string, Operation<any, any>>;
}

/** An error with the service's own wire code and status. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}

/** A line of the call log: what was asked of AWS, by whom, and how it ended. No inputs, no outputs. */
export interface CallRecord {
  atMs: number;
  service: string;
  operation: string;
  principal: string;
  /** The first need's resource, if any. */
  resource: string | undefined;
  /** The error's wire code; undefined when it succeeded. */
  errorCode: string | undefined;
  denied: boolean;
}

/** The account that the services live in and call each other through. */
export interface World {
  readonly accountId: string;
  readonly region: string;
  /** `http://127.0.0.1:PORT`, once listening. */
  endpoint: string;
  readonly calls: CallRecord[];
  nowMs(): number;
  /**
   * The one way to an operation, from the wire and from other services alike: authorize, log, run.
   * @throws AwsError, AccessDenied included.
   */
  perform(principal: Principal, service: string, operation: string, input: unknown, accessKeyId?: string): Promise<unknown>;
  /** A service's own state, for services that work together (deploy, ECS reading a secret). */
  service<T extends Service>(name: string): T;
  register(service: Service): void;
  /** A principal for a role's session, as Lambda, ECS and Step Functions assume it. @throws AwsError when the trust policy refuses. */
  assume(roleArn: string, sessionName: string, byService: string): Promise<{ principal: Principal; credentials: Credentials }>;
  /** EventBridge: delivers to rules' targets, asynchronously. */
  emit(event: { source: string; 'detail-type': string; resources: string[]; detail: Record<string, unknown> }): void;
  /** Run at close, last first: stop processes, delete folders. */
  onClose(stop: () => Promise<void> | void): void;
  close(): Promise<void>;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}
