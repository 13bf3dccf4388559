import { AwsError, type Operation, type Service } from '../types.ts';
import type { SimulatedWorld } from '../world.ts';
import { Background } from './background.ts';
import { configurationOf } from './configuration.ts';
import type { FunctionDefinition, Outcome } from './definition.ts';
import { environmentOf, reservedNames } from './environment.ts';
import { Faults, type KillWhen } from './faults.ts';
import { type Permission, policyDocument } from './permissions.ts';
import { createPool, type Pool } from './pool.ts';
import { lambdaWire } from './routes.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';

interface Deployed {
  definition: FunctionDefinition;
  permissions: Permission[];
  listeners: ((event: unknown) => void)[];
  pool: Pool;
  log: string;
}

interface FunctionInput {
  FunctionName: string;
}

export interface InvokeInput extends FunctionInput {
  /** Default RequestResponse. */
  InvocationType?: string;
  /** Default: an empty object. */
  Payload?: Uint8Array | string;
  /** `Tail` answers the last 4 KB of the log. */
  LogType?: string;
}

export interface InvokeOutput {
  StatusCode: number;
  FunctionError?: string;
  ExecutedVersion?: string;
  LogResult?: string;
  Payload?: Uint8Array;
}

/** Lambda: synthesized bundles in processes of their own. https://docs.aws.amazon.com/lambda/latest/api/ */
export class Lambda implements Service {
  readonly name = 'lambda';
  readonly wire = lambdaWire;
  // biome-ignore lint/suspicious/noExplicitAny: each operation types its own input, as Service says.
  readonly operations: Record<string, Operation<any, any>>;
  private readonly world: SimulatedWorld;
  private readonly idleMs: number;
  private readonly functions = new Map<string, Deployed>();
  private readonly faults = new Faults();
  private readonly background: Background;

  /** @param idleMs how long a process without work stays warm. */
  constructor(world: SimulatedWorld, idleMs = 60_000) {
    this.world = world;
    this.idleMs = idleMs;
    this.background = new Background(world.clock);
    this.operations = {
      Invoke: this.invoke(),
      GetFunction: this.reading('lambda:GetFunction', (found) => ({
        Configuration: configurationOf(found.definition),
        Code: { RepositoryType: 'S3', Location: `file://${found.definition.codeFolder}` },
      })),
      GetFunctionConfiguration: this.reading('lambda:GetFunctionConfiguration', (found) =>
        configurationOf(found.definition),
      ),
      GetPolicy: this.reading('lambda:GetPolicy', (found) => {
        if (found.permissions.length === 0) throw notFound('The resource you requested does not exist.');
        return { Policy: JSON.stringify(policyDocument(found.definition.arn, found.permissions)) };
      }),
      ListFunctions: {
        needs: () => [{ action: 'lambda:ListFunctions', resource: '*' }],
        run: () => ({ Functions: this.definitions().map(configurationOf) }),
      },
    };
    world.onClose(() => this.close());
  }

  /** CreateFunction. @throws AwsError ResourceConflictException, InvalidParameterValueException */
  create(definition: FunctionDefinition): void {
    if (this.functions.has(definition.name)) {
      throw new AwsError('ResourceConflictException', `Function already exist: ${definition.name}`, 409);
    }
    const reserved = Object.keys(definition.environment).filter((name) => reservedNames.has(name));
    if (reserved.length > 0) {
      const message = `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`;
      throw new AwsError('InvalidParameterValueException', message);
    }
    const pool = createPool(definition, () => this.start(definition), this.idleMs);
    this.functions.set(definition.name, { definition, permissions: [], listeners: [], pool, log: '' });
  }

  /** AddPermission. */
  addPermission(functionName: string, permission: Permission): void {
    this.find(functionName).permissions.push(permission);
  }

  definitions(): FunctionDefinition[] {
    return [...this.functions.values()].map(({ definition }) => definition);
  }

  /** All that a function, or every function, ever printed. */
  logs(functionName?: string): string {
    if (functionName !== undefined) return this.find(functionName).log;
    return [...this.functions.values()].map(({ log }) => log).join('');
  }

  /** Tells of each event that the function is given from now on, at the moment at which it is given. */
  watch(functionName: string, hear: (event: unknown) => void): void {
    this.find(functionName).listeners.push(hear);
  }

  /** Kills the process in the middle of the next invocation whose event `when` answers. Once; ask again for more. */
  killDuring(functionName: string, when: KillWhen): void {
    this.faults.arm(this.find(functionName).definition.name, when);
  }

  private invoke(): Operation<InvokeInput, Promise<InvokeOutput>> {
    return {
      needs: (input) => [this.need('lambda:InvokeFunction', input)],
      run: async (input, { requestId }) => {
        const found = this.find(input.FunctionName);
        const payload = payloadText(input.Payload);
        const type = input.InvocationType ?? 'RequestResponse';
        if (type === 'DryRun') return { StatusCode: 204 };
        if (type === 'Event') {
          this.background.start(
            () => this.attempt(found, payload, requestId),
            (reason) => this.note(found, `${requestId} ${reason}\n`),
          );
          return { StatusCode: 202 };
        }
        const { reservedConcurrency } = found.definition;
        if (reservedConcurrency !== undefined && found.pool.busy >= reservedConcurrency) {
          throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
        }
        const outcome = await this.attempt(found, payload, requestId);
        return {
          StatusCode: 200,
          ExecutedVersion: '$LATEST',
          ...(outcome.functionError !== undefined && { FunctionError: outcome.functionError }),
          ...(input.LogType === 'Tail' && { LogResult: Buffer.from(found.log.slice(-4096)).toString('base64') }),
          Payload: Buffer.from(outcome.payload),
        };
      },
    };
  }

  private attempt(found: Deployed, payload: string, requestId: string): Promise<Outcome> {
    let running: Sandbox | undefined;
    const onDelivered = () => {
      for (const hear of found.listeners) hear(JSON.parse(payload));
      const killAfterMs = this.faults.take(found.definition.name, payload);
      if (killAfterMs !== undefined) setTimeout(() => void running?.kill(), killAfterMs);
    };
    return found.pool.invoke({ requestId, payload, onDelivered }, (sandbox) => {
      running = sandbox;
    });
  }

  private async start(definition: FunctionDefinition): Promise<Sandbox> {
    const { credentials } = await this.world
      .assume(definition.roleArn, definition.name, 'lambda.amazonaws.com', definition.arn)
      .catch((error: unknown) => {
        if (!(error instanceof AwsError)) throw error;
        const message = 'The role defined for the function cannot be assumed by Lambda.';
        throw new AwsError('AccessDeniedException', message, 403);
      });
    const environment = environmentOf(definition, this.world.region, this.world.endpoint, credentials);
    return startSandbox(definition, environment, (chunk) => this.note(this.find(definition.name), chunk));
  }

  private note(found: Deployed, chunk: string): void {
    found.log += chunk;
  }

  private reading(action: string, read: (found: Deployed) => unknown): Operation<FunctionInput> {
    return {
      needs: (input) => [this.need(action, input)],
      run: (input) => read(this.find(input.FunctionName)),
    };
  }

  private need(action: string, { FunctionName }: FunctionInput) {
    const name = nameOf(FunctionName);
    const found = this.functions.get(name);
    const resource = this.arnOf(name);
    if (found === undefined || found.permissions.length === 0) return { action, resource };
    return { action, resource, resourcePolicy: policyDocument(resource, found.permissions) };
  }

  private find(functionName: string): Deployed {
    const name = nameOf(functionName);
    const found = this.functions.get(name);
    if (found === undefined) throw notFound(`Function not found: ${this.arnOf(name)}`);
    return found;
  }

  private arnOf(name: string): string {
    return `arn:aws:lambda:${this.world.region}:${this.world.accountId}:function:${name}`;
  }

  private async close(): Promise<void> {
    await Promise.all([...this.functions.values()].map(({ pool }) => pool.close()));
    await this.background.close();
  }
}

/** A name, an ARN, or `account:function:name`, each perhaps with `:$LATEST`. */
function nameOf(functionName: string): string {
  return /(?:^|function:)([^:]+)(?::\$LATEST)?$/.exec(functionName)?.[1] ?? functionName;
}

function payloadText(payload: Uint8Array | string | undefined): string {
  const text = payload === undefined ? '' : Buffer.from(payload).toString('utf8');
  if (text === '') return '{}';
  try {
    JSON.parse(text);
  } catch (error) {
    const message = `Could not parse request body into json: ${error instanceof Error ? error.message : String(error)}`;
    throw new AwsError('InvalidRequestContentException', message, 400);
  }
  return text;
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

export function registerLambda(world: SimulatedWorld, idleMs?: number): Lambda {
  const lambda = new Lambda(world, idleMs);
  world.register(lambda);
  return lambda;
}
