import { randomUUID } from 'node:crypto';
import aslValidator from 'asl-validator';
import { AwsError, type Need, type Operation, type Service } from '../types.ts';
import type { SimulatedWorld } from '../world.ts';
import type { Machine } from './asl.ts';
import { describeExecution, describeStateMachine, listExecution, listStateMachine } from './describe.ts';
import { Execution, type StateMachineRecord } from './execution.ts';
import { dataLimitBytes } from './interpret.ts';
import { page } from './page.ts';
import { prepare } from './prepare.ts';
import { unsupported } from './unsupported.ts';

export interface NewStateMachine {
  name: string;
  roleArn: string;
  /** Amazon States Language, JSON. */
  definition: string;
}

interface StartInput {
  stateMachineArn: string;
  /** Default: a UUID. */
  name?: string;
  /** Default `{}`. */
  input?: string;
}

interface Paged {
  maxResults?: number;
  nextToken?: string;
}

interface ExecutionInput extends Paged {
  executionArn: string;
  error?: string;
  cause?: string;
  reverseOrder?: boolean;
}

interface MachineInput extends Paged {
  stateMachineArn: string;
  statusFilter?: string;
}

/** Step Functions, Standard. https://docs.aws.amazon.com/step-functions/latest/apireference/ */
export class States implements Service {
  readonly name = 'states';
  // biome-ignore lint/suspicious/noExplicitAny: each operation types its own input, as Service says.
  readonly operations: Record<string, Operation<any, any>>;
  private readonly world: SimulatedWorld;
  private readonly machines = new Map<string, StateMachineRecord>();
  /** By ARN, oldest first. */
  private readonly executions = new Map<string, Execution>();
  private readonly runs = new Map<string, Promise<void>>();

  constructor(world: SimulatedWorld) {
    this.world = world;
    const execution = (action: string) => (input: ExecutionInput) => [need(action, input.executionArn)];
    const machine = (action: string) => (input: MachineInput) => [need(action, input.stateMachineArn)];
    this.operations = {
      StartExecution: {
        needs: machine('StartExecution'),
        run: (input: StartInput) => {
          const { arn, startedAtMs } = this.start(input);
          return { executionArn: arn, startDate: new Date(startedAtMs) };
        },
      },
      StopExecution: {
        needs: execution('StopExecution'),
        run: ({ executionArn, error, cause }: ExecutionInput) => {
          const found = this.execution(executionArn);
          found.stop({ ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) });
          return { stopDate: new Date(found.stoppedAtMs ?? this.world.nowMs()) };
        },
      },
      DescribeExecution: {
        needs: execution('DescribeExecution'),
        run: (input: ExecutionInput) => describeExecution(this.execution(input.executionArn)),
      },
      GetExecutionHistory: {
        needs: execution('GetExecutionHistory'),
        run: (input: ExecutionInput) => {
          const { events } = this.execution(input.executionArn).history;
          const { items, nextToken } = page(input.reverseOrder ? events.toReversed() : events, input);
          return { events: items, nextToken };
        },
      },
      ListExecutions: {
        needs: machine('ListExecutions'),
        run: (input: MachineInput) => {
          const { arn } = this.machine(input.stateMachineArn);
          const matching = this.executionsOf(arn).filter(
            ({ status }) => input.statusFilter === undefined || status === input.statusFilter,
          );
          const { items, nextToken } = page(matching.toReversed().map(listExecution), input);
          return { executions: items, nextToken };
        },
      },
      DescribeStateMachine: {
        needs: machine('DescribeStateMachine'),
        run: (input: MachineInput) => describeStateMachine(this.machine(input.stateMachineArn)),
      },
      ListStateMachines: {
        needs: () => [need('ListStateMachines', '*')],
        run: (input: Paged) => {
          const { items, nextToken } = page([...this.machines.values()].map(listStateMachine), input);
          return { stateMachines: items, nextToken };
        },
      },
    };
    world.onClose(() => this.close());
  }

  /** CreateStateMachine. @throws AwsError InvalidDefinition, StateMachineAlreadyExists; Error for what the simulator cannot run. */
  create({ name, roleArn, definition }: NewStateMachine): StateMachineRecord {
    const arn = `arn:aws:states:${this.world.region}:${this.world.accountId}:stateMachine:${name}`;
    if (this.machines.has(arn)) {
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    const machine = parseDefinition(name, definition);
    const record: StateMachineRecord = {
      arn,
      name,
      roleArn,
      definition,
      prepared: prepare(machine),
      timeoutSeconds: machine.TimeoutSeconds,
      createdAtMs: this.world.nowMs(),
    };
    this.machines.set(arn, record);
    return record;
  }

  /** Oldest first; of every machine without an ARN. */
  executionsOf(stateMachineArn?: string): Execution[] {
    const all = [...this.executions.values()];
    return stateMachineArn === undefined ? all : all.filter(({ machine }) => machine.arn === stateMachineArn);
  }

  /** Resolves when an execution is closed, at once for one that is. @throws AwsError ExecutionDoesNotExist */
  async closed(executionArn: string): Promise<void> {
    await this.runs.get(this.execution(executionArn).arn);
  }

  /** Inputs, outputs, failures and histories of every execution, as one text to search. */
  everything(): string {
    return JSON.stringify(
      this.executionsOf().map(({ input, output, failure, history }) => ({
        input,
        output,
        failure,
        events: history.events,
      })),
    );
  }

  /** "If you call StartExecution with the same name and input as a running execution, the call succeeds." */
  private start({ stateMachineArn, name = randomUUID(), input = '{}' }: StartInput): Execution {
    const machine = this.machine(stateMachineArn);
    checkName(name);
    checkInput(input);
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = this.executions.get(arn);
    if (known !== undefined) {
      if (known.status === 'RUNNING' && known.input === input) return known;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const execution = new Execution(
      this.world,
      machine,
      { name, input },
      { onClosed: (closed) => this.announce(closed), whenClosed: (other) => this.closed(other) },
    );
    this.executions.set(arn, execution);
    this.announce(execution);
    this.runs.set(arn, execution.run());
    return execution;
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
  private announce(execution: Execution): void {
    this.world.emit({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      resources: [execution.arn],
      detail: {
        executionArn: execution.arn,
        stateMachineArn: execution.machine.arn,
        name: execution.name,
        status: execution.status,
        startDate: execution.startedAtMs,
        stopDate: execution.stoppedAtMs ?? null,
        input: execution.input,
        output: execution.output ?? null,
        error: execution.failure?.error ?? null,
        cause: execution.failure?.cause ?? null,
      },
    });
  }

  private machine(arn: string): StateMachineRecord {
    const found = this.machines.get(arn);
    if (found === undefined) {
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    return found;
  }

  private execution(arn: string): Execution {
    const found = this.executions.get(arn);
    if (found === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return found;
  }

  private async close(): Promise<void> {
    for (const execution of this.executions.values()) execution.stop({ error: 'SimulatorClosed' });
    await Promise.all(this.runs.values());
  }
}

/** Definitions that were found valid: the validator takes some 90 ms, and a test makes the same machine many times. */
const foundValid = new Set<string>();

function parseDefinition(name: string, definition: string): Machine {
  const machine = JSON.parse(definition) as Machine;
  if (foundValid.has(definition)) return machine;
  const { isValid, errorsText } = aslValidator(machine as never, { checkPaths: true, checkArn: true });
  if (!isValid) {
    throw new AwsError('InvalidDefinition', `Invalid State Machine Definition of ${name}: ${errorsText('\n')}`);
  }
  const problems = unsupported(machine);
  if (problems.length > 0) throw new Error(`The simulator cannot run ${name} as AWS would. ${problems.join('. ')}`);
  foundValid.add(definition);
  return machine;
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html#API_StartExecution_RequestSyntax */
function checkName(name: string): void {
  if (name.length < 1 || name.length > 80) {
    const message = `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80`;
    throw new AwsError('ValidationException', message);
  }
  if (/[\s<>{}[\]?*"#%\\^|~`$&,;:/]|[\p{Cc}\p{Cs}]/u.test(name)) {
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  }
}

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > dataLimitBytes) {
    const message = `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${dataLimitBytes}`;
    throw new AwsError('ValidationException', message);
  }
  try {
    JSON.parse(input);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${why}'`);
  }
}

function need(action: string, resource: string): Need {
  return { action: `states:${action}`, resource };
}

export function registerStates(world: SimulatedWorld): States {
  const states = new States(world);
  world.register(states);
  return states;
}
