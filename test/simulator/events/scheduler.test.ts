import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerScheduler, type Scheduler } from '../../../lib/simulator/scheduler/scheduler.ts';
import { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import { registerStates, type States } from '../../../lib/simulator/states/states.ts';
import { createWorld, type SimulatedWorld } from '../../../lib/simulator/world.ts';
import { machine } from '../states/machines.ts';
import { policy, type Statement, userWithKey } from '../support/actors.ts';

let world: SimulatedWorld;
let scheduler: Scheduler;
let states: States;
let campaign: string;
const group = 'arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default';

beforeAll(async () => {
  world = createWorld({ region: 'eu-central-1' });
  world.register(new Iam(world));
  states = registerStates(world);
  scheduler = registerScheduler(world);
  await world.listen();
  const roleArn = 'arn:aws:iam::123456789012:role/none';
  const definition = JSON.stringify(machine({ Done: { Type: 'Succeed' } }));
  campaign = states.create({ name: 'campaign', roleArn, definition }).arn;
});
afterAll(() => world.close());

/** A role that Scheduler may assume for schedules of the default group. */
async function targetRole(roleName: string, ...statements: Statement[]): Promise<string> {
  const Condition = { StringEquals: { 'aws:SourceAccount': '123456789012', 'aws:SourceArn': group } };
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'scheduler.amazonaws.com' },
    Action: 'sts:AssumeRole',
    Condition,
  };
  const role = await world.service<Iam>('iam').createRole({
    roleName,
    trustPolicy: { Version: '2012-10-17', Statement: [Statement] },
    policies: statements.length > 0 ? { inline: policy(...statements) } : {},
  });
  return role.arn;
}

const monthly = { ScheduleExpression: 'cron(0 3 1 * ? *)', FlexibleTimeWindow: { Mode: 'OFF' } };
const at = new Date('2026-12-01T03:00:00.000Z');

describe('a schedule that fires (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html)', () => {
  it('starts a state machine as the target’s role, with the context attributes filled in', async () => {
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    const RoleArn = await targetRole('may-start', { Action: 'states:StartExecution', Resource: campaign });
    const Input = JSON.stringify({
      at: '<aws.scheduler.scheduled-time>',
      schedule: '<aws.scheduler.schedule-arn>',
      execution: '<aws.scheduler.execution-id>',
      attempt: '<aws.scheduler.attempt-number>',
    });
    const arn = scheduler.create({ Name: 'monthly', ...monthly, Target: { Arn: campaign, RoleArn, Input } });
    const firing = await scheduler.fire('monthly', at);
    expect(firing).toMatchObject({ delivered: true });
    const input = JSON.parse(states.executionsOf(campaign)[0]?.input ?? '') as unknown;
    expect(input).toEqual({
      at: '2026-12-01T03:00:00Z',
      schedule: arn,
      execution: firing?.executionId,
      attempt: '1',
    });
  });

  it('calls any API by a universal target', async () => {
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    const before = states.executionsOf(campaign).length;
    const RoleArn = await targetRole('universal', { Action: 'states:StartExecution', Resource: campaign });
    const Input = JSON.stringify({ StateMachineArn: campaign, Name: 'by-universal-target', Input: '{"a":1}' });
    const Target = { Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution', RoleArn, Input };
    scheduler.create({ Name: 'universal', ...monthly, Target });
    expect(await scheduler.fire('universal', at)).toMatchObject({
      delivered: true,
      output: { ExecutionArn: expect.stringMatching(/:by-universal-target$/) },
    });
    expect(states.executionsOf(campaign)).toHaveLength(before + 1);
  });

  it('says so when its role may not, and where the event would lie', async () => {
    const RoleArn = await targetRole('may-not');
    const DeadLetterConfig = { Arn: 'arn:aws:sqs:eu-central-1:123456789012:dead' };
    scheduler.create({ Name: 'refused', ...monthly, Target: { Arn: campaign, RoleArn, DeadLetterConfig } });
    expect(await scheduler.fire('refused', at)).toMatchObject({
      delivered: false,
      errorCode: 'AccessDeniedException',
      deadLetterArn: DeadLetterConfig.Arn,
    });
  });

  it('cannot use a role that trusts another group’s schedules', async () => {
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    const RoleArn = await targetRole('other-group', { Action: 'states:StartExecution', Resource: campaign });
    scheduler.create({ Name: 'elsewhere', GroupName: 'g', ...monthly, Target: { Arn: campaign, RoleArn } });
    expect(await scheduler.fire('elsewhere', at, 'g')).toMatchObject({ delivered: false, errorCode: 'AccessDenied' });
  });

  it('does nothing while it is disabled', async () => {
    const Target = { Arn: campaign, RoleArn: 'arn:aws:iam::123456789012:role/may-start' };
    scheduler.create({ Name: 'off', ...monthly, State: 'DISABLED', Target });
    const before = states.executionsOf(campaign).length;
    expect(await scheduler.fire('off', at)).toBeUndefined();
    expect(states.executionsOf(campaign)).toHaveLength(before);
  });
});

// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
describe('CreateSchedule', () => {
  const Target = {
    Arn: 'arn:aws:lambda:eu-central-1:123456789012:function:f',
    RoleArn: 'arn:aws:iam::123456789012:role/r',
  };

  it.each([
    ['an expression that is none', { ScheduleExpression: 'every month' }],
    ['a cron of five fields', { ScheduleExpression: 'cron(0 3 1 * ?)' }],
    ['a time zone that is none', { ScheduleExpressionTimezone: 'Mars/Olympus' }],
    ['a window without minutes', { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }],
    ['minutes without a window', { FlexibleTimeWindow: { Mode: 'OFF', MaximumWindowInMinutes: 5 } }],
    ['a name of 65 characters', { Name: 'x'.repeat(65) }],
    [
      'a universal target that only reads',
      { Target: { ...Target, Arn: 'arn:aws:scheduler:::aws-sdk:secretsmanager:listSecrets' } },
    ],
  ])('refuses %s', (_what, wrong) => {
    expect(() => scheduler.create({ Name: 'wrong', ...monthly, Target, ...wrong })).toThrow(
      expect.objectContaining({ code: 'ValidationException' }),
    );
  });
});

describe('over the wire', () => {
  async function call(method: string, path: string, body?: unknown, credentials = world.rootCredentials) {
    const url = new URL(path, world.endpoint);
    const signer = new SignatureV4({ service: 'scheduler', region: world.region, credentials, sha256: Sha256 });
    const request = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const response = await fetch(url, { method, headers: request.headers, body: body ? JSON.stringify(body) : null });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('schedules are made, changed, read and listed', async () => {
    const RoleArn = await targetRole('wired');
    const schedule = { ...monthly, ScheduleExpressionTimezone: 'Europe/Berlin', Target: { Arn: campaign, RoleArn } };
    const ScheduleArn = 'arn:aws:scheduler:eu-central-1:123456789012:schedule/default/wired';
    expect(await call('POST', '/schedules/wired', schedule)).toEqual({ status: 200, body: { ScheduleArn } });
    expect((await call('POST', '/schedules/wired', schedule)).status).toBe(409);
    await call('PUT', '/schedules/wired', { ...schedule, State: 'DISABLED' });
    expect((await call('GET', '/schedules/wired')).body).toMatchObject({
      Arn: ScheduleArn,
      State: 'DISABLED',
      GroupName: 'default',
      ScheduleExpressionTimezone: 'Europe/Berlin',
    });
    const { Schedules } = (await call('GET', '/schedules?NamePrefix=wir')).body;
    expect(Schedules).toMatchObject([{ Name: 'wired', Target: { Arn: campaign } }]);
    expect((await call('GET', '/schedules/none')).status).toBe(404);
  });

  it('whoever makes a schedule must be allowed to pass its role', async () => {
    const RoleArn = await targetRole('passed');
    const schedule = { ...monthly, Target: { Arn: campaign, RoleArn } };
    const creating = { Action: 'scheduler:CreateSchedule', Resource: '*' };
    const passing = {
      Action: 'iam:PassRole',
      Resource: RoleArn,
      Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    };
    const without = await userWithKey(world, 'without', creating);
    expect((await call('POST', '/schedules/passed', schedule, without)).status).toBe(403);
    const allowed = await userWithKey(world, 'allowed', creating, passing);
    expect((await call('POST', '/schedules/passed', schedule, allowed)).status).toBe(200);
  });
});
