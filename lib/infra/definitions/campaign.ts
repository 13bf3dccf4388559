import { choose, type States, set, task, wait } from './states.ts';

/**
 * The rotations started together under one policy. Input: `{policy, scheduledTime}`. A rotation that fails does not stop
 * the others of its batch; more failures than the policy tolerates start no further batch. A campaign with failures ends as
 * failed, naming them.
 */
export function campaignDefinition({
  campaignFunctionArn,
  batchSize,
}: {
  campaignFunctionArn: string;
  /** Rotations that are under way at a time, unless more of them share consumers. */
  batchSize: number;
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
    Started: choose('$.start.answer.state', { skipped: 'Skipped', waiting: 'Waiting' }, 'Look'),
    Skipped: outcome('skipped', { 'reason.$': '$.start.answer.reason' }),
    // A human must bring its value first: that is no failure, and the report says it.
    Waiting: outcome('waiting', { 'reason.$': '$.start.answer.reason' }),
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
  return {
    Comment: 'Keyturn: the rotations of one policy',
    StartAt: 'Plan',
    States: {
      Plan: task(
        campaignFunctionArn,
        { op: 'plan', 'policy.$': '$.policy', 'scheduledTime.$': '$.scheduledTime' },
        'campaign',
        'Begin',
      ),
      Begin: set(
        'next',
        { answer: { 'rest.$': '$.campaign.answer.rest', 'outcomes.$': '$.campaign.answer.outcomes' } },
        'BeginEnded',
      ),
      BeginEnded: { Type: 'Pass', Result: [], ResultPath: '$.ended', Next: 'NextBatch' },
      // One batch after the other: what a batch's rotations came to decides whether the next one starts.
      NextBatch: task(
        campaignFunctionArn,
        {
          op: 'next',
          'rest.$': '$.next.answer.rest',
          'outcomes.$': '$.next.answer.outcomes',
          'ended.$': '$.ended',
          'toleratedFailures.$': '$.campaign.answer.toleratedFailures',
          batchSize,
        },
        'next',
        'More',
      ),
      More: choose('$.next.answer.state', { going: 'Secrets' }, 'Report'),
      Secrets: {
        Type: 'Map',
        ItemsPath: '$.next.answer.batch',
        // All at once: those that share consumers wait for each other.
        ItemSelector: { 'item.$': '$$.Map.Item.Value', 'startedAtMs.$': '$.next.answer.startedAtMs' },
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Start', States: one },
        ResultPath: '$.ended',
        Next: 'NextBatch',
      },
      Report: task(
        campaignFunctionArn,
        { op: 'report', 'policy.$': '$.policy', 'outcomes.$': '$.next.answer.outcomes' },
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
