import { choose, type States, task, wait } from './states.ts';

/**
 * The rotations started together under one policy. Input: `{policy, scheduledTime}`. `concurrency` groups are under way at a
 * time; secrets of a group, which share consumers and wait for each other, together. A rotation that fails does not stop
 * the others; a campaign with failures ends as failed, naming them.
 */
export function campaignDefinition({
  campaignFunctionArn,
  concurrency,
}: {
  campaignFunctionArn: string;
  concurrency: number;
}): object {
  const failed = [{ errors: ['States.ALL'], next: 'SecretFailed' }];
  const one: States = {
    Start: task(
      campaignFunctionArn,
      { op: 'start', 'secret.$': '$.item.secret', 'token.$': '$.item.token' },
      'start',
      'Started',
      failed,
    ),
    Started: choose('$.start.answer.state', { skipped: 'Skipped' }, 'Look'),
    Skipped: outcome('skipped', { 'reason.$': '$.start.answer.reason' }),
    Look: task(
      campaignFunctionArn,
      { op: 'look', 'secret.$': '$.item.secret', 'token.$': '$.item.token', 'startedAtMs.$': '$.startedAtMs' },
      'look',
      'Looked',
      failed,
    ),
    Looked: choose('$.look.answer.state', { turning: 'WaitToLook', turned: 'Turned' }, 'NotTurned'),
    WaitToLook: wait('$.look.answer.pollSeconds', 'Look'),
    Turned: outcome('turned', { 'reason.$': '$.look.answer.reason' }),
    NotTurned: outcome('failed', { 'reason.$': '$.look.answer.reason' }),
    SecretFailed: outcome('failed', { 'reason.$': '$.failure.Error' }),
  };
  // All at once, or one would wait for another that waits for a slot.
  const together = {
    Type: 'Map',
    ItemsPath: '$.group',
    ItemSelector: { 'item.$': '$$.Map.Item.Value', 'startedAtMs.$': '$.startedAtMs' },
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Start', States: one },
    End: true,
  };
  return {
    Comment: 'Keyturn: the rotations of one policy',
    StartAt: 'Plan',
    States: {
      Plan: task(
        campaignFunctionArn,
        { op: 'plan', 'policy.$': '$.policy', 'scheduledTime.$': '$.scheduledTime' },
        'campaign',
        'Groups',
      ),
      Groups: {
        Type: 'Map',
        ItemsPath: '$.campaign.answer.groups',
        MaxConcurrency: concurrency,
        ItemSelector: { 'group.$': '$$.Map.Item.Value', 'startedAtMs.$': '$.campaign.answer.startedAtMs' },
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Secrets', States: { Secrets: together } },
        ResultPath: '$.outcomes',
        Next: 'Report',
      },
      Report: task(
        campaignFunctionArn,
        { op: 'report', 'policy.$': '$.policy', 'outcomes.$': '$.outcomes' },
        'report',
        'Done',
      ),
      Done: { Type: 'Succeed' },
    },
  };
}

function outcome(result: string, reason: object): object & Record<string, unknown> {
  return { Type: 'Pass', Parameters: { 'secret.$': '$.item.secret', outcome: result, ...reason }, End: true };
}
