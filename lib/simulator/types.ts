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
  /** Of a service: the resource on whose behalf it calls (`aws:SourceArn`). */
  sourceArn?: string;
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
  /** How requests and responses look; JSON with X-Amz-Target unless said otherwise. */
  wire?: Wire;
  // biome-ignore lint/suspicious/noExplicitAny: each operation types its own input; the wire has parsed it to JSON.
  operations: Record<string, Operation<any, any>>;
}

/**
 * A service's wire protocol. Outputs are plain objects in every protocol: a Date is written as epoch seconds in JSON and
 * as ISO 8601 in XML, a Uint8Array as base64, undefined is left out. Inputs arrive likewise (blobs in JSON as base64,
 * everything in query and in paths as strings).
 */
export type Wire =
  | { protocol: 'json' }
  | { protocol: 'query'; namespace: string }
  | { protocol: 'rest-json'; routes: readonly Route[] }
  | { protocol: 'rest-xml'; namespace: string; routes: readonly Route[] };

/** One operation's place in a REST protocol, as the service model's `http` trait and member locations give it. */
export interface Route {
  operation: string;
  method: string;
  /** `/2015-03-31/functions/{FunctionName}/invocations`; `{Key+}` takes the rest of the path; `?versioning` must be in the query. */
  path: string;
  /** Query parameter → input member. */
  query?: Readonly<Record<string, string>>;
  /** Header (lower case) → input member; `x-amz-meta-*` → a member that holds the map of what follows the prefix. */
  headers?: Readonly<Record<string, string>>;
  /** The input member that is the raw body, a Uint8Array. Without it a body is parsed and its members are input members. */
  payload?: string;
  response?: {
    /** Default 200. */
    status?: number;
    /** The output member (a number) that is the status. */
    statusMember?: string;
    /** Header → output member. */
    headers?: Readonly<Record<string, string>>;
    /** The output member (string or Uint8Array) that is the raw body. */
    payload?: string;
    /** XML only: the root element, default `<operation>Result`. */
    root?: string;
  };
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
  perform(
    principal: Principal,
    service: string,
    operation: string,
    input: unknown,
    accessKeyId?: string,
  ): Promise<unknown>;
  /** A service's own state, for services that work together (deploy, ECS reading a secret). */
  service<T extends Service>(name: string): T;
  register(service: Service): void;
  /** A principal for a role's session, as Lambda, ECS and Step Functions assume it. @throws AwsError when the trust policy refuses. */
  assume(
    roleArn: string,
    sessionName: string,
    byService: string,
    sourceArn?: string,
  ): Promise<{ principal: Principal; credentials: Credentials }>;
  /** EventBridge: delivers to rules' targets, asynchronously. */
  emit(event: BusEvent): void;
  /** Calls back for every emitted event, asynchronously: how the event bus hears of them. */
  onEvent(listener: (event: BusEvent) => void): void;
  /** Run at close, last first: stop processes, delete folders. */
  onClose(stop: () => Promise<void> | void): void;
  close(): Promise<void>;
}

/** An event as a service gives it to the default bus; the bus adds id, time, account and region. */
export interface BusEvent {
  source: string;
  'detail-type': string;
  resources: string[];
  detail: Record<string, unknown>;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}
