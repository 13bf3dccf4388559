import type { SimulatedWorld } from '../world.ts';
import { History } from './history.ts';
import type { Integration } from './integration.ts';
import { interpret, type Surroundings } from './interpret.ts';
import type { Prepared } from './prepare.ts';
import { TaskError } from './task-error.ts';
import { callTask, type TaskCaller } from './tasks.ts';

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface StateMachineRecord {
  arn: string;
  name: string;
  roleArn: string;
  /** As it was given. */
  definition: string;
  prepared: Prepared;
  timeoutSeconds: number | undefined;
  createdAtMs: number;
}

/** Why an execution did not succeed. */
export interface Failure {
  error?: string;
  cause?: string;
}

/** Node's timers hold no more. */
const longestTimerMs = 2 ** 31 - 1;

/** One execution of a state machine. */
export class Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: StateMachineRecord;
  readonly input: string;
  readonly startedAtMs: number;
  readonly history: History;
  status: Status = 'RUNNING';
  stoppedAtMs: number | undefined;
  output: string | undefined;
  failure: Failure | undefined;
  private readonly world: SimulatedWorld;
  private readonly onClosed: (execution: Execution) => void;
  private readonly whenClosed: TaskCaller['closed'];
  private readonly stopped = new AbortController();
  private caller: Promise<TaskCaller> | undefined;

  constructor(
    world: SimulatedWorld,
    machine: StateMachineRecord,
    { name, input }: { name: string; input: string },
    { onClosed, whenClosed }: { onClosed: (execution: Execution) => void; whenClosed: TaskCaller['closed'] },
  ) {
    this.world = world;
    this.machine = machine;
    this.name = name;
    this.input = input;
    this.onClosed = onClosed;
    this.whenClosed = whenClosed;
    this.arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    this.startedAtMs = world.nowMs();
    this.history = new History(machine.prepared.original, () => world.nowMs());
    this.history.add('ExecutionStarted', { executionStartedEventDetails: { input, roleArn: machine.roleArn } });
  }

  /** Runs to the end. Never rejects. */
  async run(): Promise<void> {
    void this.limitTime();
    const { prepared } = this.machine;
    try {
      const input = JSON.parse(this.input) as unknown;
      const output = await interpret(this.surroundings(), prepared.machine, input, this.context(), this.stopped.signal);
      this.output = JSON.stringify(output);
      this.close('SUCCEEDED');
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      this.close('FAILED', { error: name, cause: message });
    }
  }

  /** Has no effect on one that is closed. */
  stop(failure: Failure): void {
    this.close('ABORTED', failure);
  }

  private close(status: Exclude<Status, 'RUNNING'>, failure?: Failure): void {
    if (this.status !== 'RUNNING') return;
    this.status = status;
    this.failure = failure;
    this.stoppedAtMs = this.world.nowMs();
    const ends = {
      SUCCEEDED: ['ExecutionSucceeded', { output: this.output }],
      FAILED: ['ExecutionFailed', failure],
      TIMED_OUT: ['ExecutionTimedOut', failure],
      ABORTED: ['ExecutionAborted', failure],
    } as const;
    const [type, details = {}] = ends[status];
    this.history.end(type, { [`e${type.slice(1)}EventDetails`]: details });
    this.stopped.abort();
    this.onClosed(this);
  }

  private async limitTime(): Promise<void> {
    const { timeoutSeconds } = this.machine;
    if (timeoutSeconds === undefined) return;
    await this.sleep(timeoutSeconds * 1000, this.stopped.signal);
    this.close('TIMED_OUT');
  }

  private surroundings(): Surroundings {
    return {
      prepared: this.machine.prepared,
      history: this.history,
      region: this.world.region,
      call: (integration, parameters) => this.call(integration, parameters),
      nowMs: () => this.world.nowMs(),
      sleep: (ms, signal) => this.sleep(ms, signal),
    };
  }

  private async call(integration: Integration, parameters: unknown): Promise<unknown> {
    this.caller ??= this.assumeRole();
    return callTask(await this.caller, integration, parameters);
  }

  private async assumeRole(): Promise<TaskCaller> {
    const { roleArn, arn } = this.machine;
    try {
      const session = await this.world.assume(roleArn, this.name.slice(0, 64), 'states.amazonaws.com', arn);
      return { world: this.world, principal: session.principal, closed: this.whenClosed };
    } catch (error) {
      this.caller = undefined;
      throw new TaskError('States.Permissions', error instanceof Error ? error.message : String(error));
    }
  }

  private async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const untilMs = this.world.nowMs() + ms;
    for (let leftMs = ms; leftMs > 0 && !signal.aborted; leftMs = untilMs - this.world.nowMs()) {
      await this.world.clock.sleep(Math.min(leftMs, longestTimerMs), signal);
    }
  }

  /** `$$.Execution` stands at Run: see prepare. */
  private context(): Record<string, unknown> {
    const { arn, name, machine } = this;
    const run = {
      Id: arn,
      Name: name,
      Input: JSON.parse(this.input) as unknown,
      RoleArn: machine.roleArn,
      StartTime: new Date(this.startedAtMs).toISOString(),
      RedriveCount: 0,
    };
    return { Run: run, StateMachine: { Id: machine.arn, Name: machine.name } };
  }
}
