import { AwsError } from '../types.ts';

/** What CreateSchedule is given. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
export interface ScheduleInput {
  Name: string;
  /** Default `default`. */
  GroupName?: string;
  Description?: string;
  ScheduleExpression: string;
  /** Default UTC. */
  ScheduleExpressionTimezone?: string;
  FlexibleTimeWindow: { Mode: string; MaximumWindowInMinutes?: number };
  /** Default ENABLED. */
  State?: string;
  Target: ScheduleTarget;
  [member: string]: unknown;
}

export interface ScheduleTarget {
  Arn: string;
  RoleArn: string;
  Input?: string;
  DeadLetterConfig?: { Arn?: string };
  RetryPolicy?: { MaximumEventAgeInSeconds?: number; MaximumRetryAttempts?: number };
}

export interface Schedule extends ScheduleInput {
  Arn: string;
  GroupName: string;
  State: string;
  ScheduleExpressionTimezone: string;
  CreationDate: Date;
  LastModificationDate: Date;
}

/** `arn:aws:scheduler:::aws-sdk:secretsmanager:rotateSecret` taken apart. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html */
export function universalTarget(arn: string): { sdkName: string; action: string } | undefined {
  const [, sdkName, action] = /^arn:aws:scheduler:::aws-sdk:([a-z0-9]+):([A-Za-z0-9]+)$/.exec(arn) ?? [];
  return sdkName === undefined || action === undefined ? undefined : { sdkName, action };
}

/** @throws AwsError ValidationException */
export function checkSchedule({
  Name,
  ScheduleExpression,
  ScheduleExpressionTimezone,
  FlexibleTimeWindow,
  Target,
}: ScheduleInput): void {
  if (!/^[0-9a-zA-Z_.-]{1,64}$/.test(Name)) throw invalid(`Invalid schedule name ${Name}.`);
  const expression = /^(rate\(\d+ (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$/;
  if (!expression.test(ScheduleExpression)) throw invalid(`Invalid Schedule Expression ${ScheduleExpression}.`);
  if (ScheduleExpressionTimezone !== undefined && !isTimeZone(ScheduleExpressionTimezone)) {
    throw invalid(`Invalid ScheduleExpressionTimezone ${ScheduleExpressionTimezone}.`);
  }
  const { Mode, MaximumWindowInMinutes: minutes } = FlexibleTimeWindow;
  const flexible = Mode === 'FLEXIBLE' && minutes !== undefined && minutes >= 1 && minutes <= 1440;
  if (!flexible && !(Mode === 'OFF' && minutes === undefined)) throw invalid('Invalid FlexibleTimeWindow.');
  const universal = universalTarget(Target.Arn);
  // "EventBridge Scheduler doesn't support read-only actions."
  if (universal !== undefined && /^(get|list|describe)/i.test(universal.action)) {
    throw invalid(`${Target.Arn} is a read-only action, which is not supported.`);
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
