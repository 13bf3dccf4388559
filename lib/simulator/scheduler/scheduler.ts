import { randomUUID } from 'node:crypto';
import { sdkCall } from '../states/sdk-call.ts';
import { AwsError, type Need, type Operation, type Principal, type Service } from '../types.ts';
import type { SimulatedWorld } from '../world.ts';
import { schedulerWire } from './routes.ts';
import { checkSchedule, type Schedule, type ScheduleInput, universalTarget } from './schedule.ts';

interface NameInput {
  Name: string;
  GroupName?: string;
}

interface ListInput {
  GroupName?: string;
  NamePrefix?: string;
  State?: string;
}

/** How a firing ended; what was not delivered would be in the dead-letter queue, if there is one. */
export type Firing =
  | { delivered: true; executionId: string; output: unknown }
  | { delivered: false; executionId: string; errorCode: string; message: string; deadLetterArn: string | undefined };

/**
 * EventBridge Scheduler. https://docs.aws.amazon.com/scheduler/latest/APIReference/
 * Nothing fires by itself: `fire` says when, because nobody waits for the first of the month.
 */
export class Scheduler implements Service {
  readonly name = 'scheduler';
  readonly wire = schedulerWire;
  // biome-ignore lint/suspicious/noExplicitAny: each operation types its own input, as Service says.
  readonly operations: Record<string, Operation<any, any>>;
  private readonly world: SimulatedWorld;
  private readonly schedules = new Map<string, Schedule>();

  constructor(world: SimulatedWorld) {
    this.world = world;
    this.operations = {
      CreateSchedule: {
        needs: (input: ScheduleInput) => [this.need('CreateSchedule', input), passRole(input)],
        run: (input: ScheduleInput) => ({ ScheduleArn: this.create(input) }),
      },
      UpdateSchedule: {
        needs: (input: ScheduleInput) => [this.need('UpdateSchedule', input), passRole(input)],
        run: (input: ScheduleInput) => ({ ScheduleArn: this.update(input) }),
      },
      GetSchedule: {
        needs: (input: NameInput) => [this.need('GetSchedule', input)],
        run: (input: NameInput) => this.find(input),
      },
      ListSchedules: {
        needs: () => [{ action: 'scheduler:ListSchedules', resource: '*' }],
        run: (input: ListInput) => ({ Schedules: this.list(input) }),
      },
    };
  }

  /** @returns the schedule's ARN. @throws AwsError ConflictException, ValidationException */
  create(input: ScheduleInput): string {
    const arn = this.arnOf(input);
    if (this.schedules.has(arn)) throw new AwsError('ConflictException', `Schedule ${input.Name} already exists.`, 409);
    return this.put(input);
  }

  /**
   * Delivers as if `scheduledTime` had come, once: a delivery that AWS would try again is for the caller to try again.
   * A disabled schedule is delivered nothing. @throws AwsError ResourceNotFoundException
   */
  async fire(name: string, scheduledTime: Date, groupName = 'default'): Promise<Firing | undefined> {
    const schedule = this.find({ Name: name, GroupName: groupName });
    if (schedule.State !== 'ENABLED') return undefined;
    const executionId = randomUUID();
    const input = inputOf(schedule, executionId, scheduledTime);
    try {
      const session = await this.world.assume(
        schedule.Target.RoleArn,
        executionId,
        'scheduler.amazonaws.com',
        // The group's ARN: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        this.groupArnOf(schedule.GroupName),
      );
      return { delivered: true, executionId, output: await this.deliver(session.principal, schedule, input) };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code: errorCode, message } = error;
      return {
        delivered: false,
        executionId,
        errorCode,
        message,
        deadLetterArn: schedule.Target.DeadLetterConfig?.Arn,
      };
    }
  }

  private deliver(principal: Principal, { Target }: Schedule, input: string): Promise<unknown> {
    const { Arn: arn } = Target;
    const universal = universalTarget(arn);
    if (universal !== undefined) {
      return sdkCall(this.world, principal, { ...universal, parameters: JSON.parse(input) as Record<string, unknown> });
    }
    const [, , service] = arn.split(':');
    if (service === 'states') {
      return this.world.perform(principal, 'states', 'StartExecution', { stateMachineArn: arn, input });
    }
    if (service === 'lambda') {
      const invoke = { FunctionName: arn, InvocationType: 'Event', Payload: input };
      return this.world.perform(principal, 'lambda', 'Invoke', invoke);
    }
    throw new AwsError('InvalidTarget', `Schedules cannot be delivered to ${arn}`);
  }

  private update(input: ScheduleInput): string {
    return this.put(input, this.find(input).CreationDate);
  }

  private put(input: ScheduleInput, createdAt?: Date): string {
    checkSchedule(input);
    const Arn = this.arnOf(input);
    const { GroupName = 'default', State = 'ENABLED', ScheduleExpressionTimezone = 'UTC' } = input;
    const LastModificationDate = new Date(this.world.nowMs());
    this.schedules.set(Arn, {
      ...input,
      Arn,
      GroupName,
      State,
      ScheduleExpressionTimezone,
      CreationDate: createdAt ?? LastModificationDate,
      LastModificationDate,
    });
    return Arn;
  }

  private list({ GroupName, NamePrefix = '', State }: ListInput): Record<string, unknown>[] {
    return [...this.schedules.values()]
      .filter((schedule) => GroupName === undefined || schedule.GroupName === GroupName)
      .filter((schedule) => State === undefined || schedule.State === State)
      .filter((schedule) => schedule.Name.startsWith(NamePrefix))
      .map(({ Arn, Name, GroupName, State, Target, CreationDate, LastModificationDate }) => {
        return { Arn, Name, GroupName, State, Target: { Arn: Target.Arn }, CreationDate, LastModificationDate };
      });
  }

  private find(input: NameInput): Schedule {
    const found = this.schedules.get(this.arnOf(input));
    if (found === undefined) {
      throw new AwsError('ResourceNotFoundException', `Schedule ${input.Name} does not exist.`, 404);
    }
    return found;
  }

  private need(action: string, input: NameInput): Need {
    return { action: `scheduler:${action}`, resource: this.arnOf(input) };
  }

  private arnOf({ Name, GroupName = 'default' }: NameInput): string {
    return `arn:aws:scheduler:${this.world.region}:${this.world.accountId}:schedule/${GroupName}/${Name}`;
  }

  private groupArnOf(groupName: string): string {
    return `arn:aws:scheduler:${this.world.region}:${this.world.accountId}:schedule-group/${groupName}`;
  }
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function inputOf({ Arn, Target }: Schedule, executionId: string, scheduledTime: Date): string {
  return (Target.Input ?? '{}')
    .replaceAll('<aws.scheduler.schedule-arn>', Arn)
    .replaceAll('<aws.scheduler.scheduled-time>', scheduledTime.toISOString().replace(/\.\d+/, ''))
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}

function passRole({ Target }: ScheduleInput): Need {
  const context = { 'iam:PassedToService': 'scheduler.amazonaws.com' };
  return { action: 'iam:PassRole', resource: Target.RoleArn, context };
}

export function registerScheduler(world: SimulatedWorld): Scheduler {
  const scheduler = new Scheduler(world);
  world.register(scheduler);
  return scheduler;
}
