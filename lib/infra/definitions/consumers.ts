import { catching, choose, type State, type States, set, task, wait } from './states.ts';

/** `refresh`: start or adopt, together with the campaign's other secrets. `verify`: adopt only, starts nothing. */
type Mode = 'refresh' | 'verify';

interface Options {
  /** Makes the names of states unique: the same way is gone several times in one machine. */
  suffix: string;
  mode: Mode;
  rolloutFunctionArn: string;
  /** Where the outcome stands: `$.<as>.waves`. */
  as: string;
  next: string;
  /** A consumer failed or stayed unhealthy. */
  onFailed: string;
  /** Anything else: unknown. */
  onUnknown: string;
}

/**
 * For each wave, one after the other; for each consumer of it, together: refresh → progress until converged → checks.
 * The outcome is a list of names and what was seen, for the record.
 */
export function consumerWaves(options: Options): State {
  return {
    Type: 'Map',
    ItemsPath: '$.plan.waves',
    // Verifying disturbs nobody, so every wave is looked at at once.
    MaxConcurrency: options.mode === 'refresh' ? 1 : 0,
    ItemSelector: {
      'wave.$': '$$.Map.Item.Value',
      'secretArn.$': '$.secretArn',
      'viewNames.$': '$.plan.views',
      'turn.$': '$.turn',
      'promotedAtMs.$': '$.views.answer.promotedAtMs',
      'pollSeconds.$': '$.plan.timings.pollSeconds',
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: `Wave${options.suffix}`,
      States: { [`Wave${options.suffix}`]: wave(options) },
    },
    ResultSelector: { 'waves.$': '$' },
    ResultPath: options.mode === 'refresh' ? null : `$.${options.as}`,
    ...catching([
      { errors: ['ConsumerFailed', 'CheckUnhealthy'], next: options.onFailed },
      { errors: ['States.ALL'], next: options.onUnknown },
    ]),
    Next: options.next,
  };
}

function wave(options: Options): State {
  const states = consumer(options);
  return {
    Type: 'Map',
    ItemsPath: '$.wave',
    MaxConcurrency: 0,
    ItemSelector: {
      'consumer.$': '$$.Map.Item.Value',
      'secretArn.$': '$.secretArn',
      'viewNames.$': '$.viewNames',
      'turn.$': '$.turn',
      'promotedAtMs.$': '$.promotedAtMs',
      'pollSeconds.$': '$.pollSeconds',
      meeting: { answer: { waitingFor: null } },
    },
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: Object.keys(states)[0], States: states },
    End: true,
  };
}

function consumer({ suffix, mode, rolloutFunctionArn }: Options): States {
  const name = (state: string) => `${state}${suffix}`;
  const version = {
    'secretArn.$': '$.secretArn',
    'versionId.$': '$.turn.keep',
    'views.$': '$.viewNames',
    'promotedAtMs.$': '$.meeting.answer.promotedAtMs',
  };
  const refresh = (mayStart: boolean) =>
    task(
      '$.consumer.functionArn',
      { op: 'refresh', 'consumer.$': '$.consumer', version, mayStart },
      'refresh',
      name('Refreshing'),
    );
  const meeting: States =
    mode === 'refresh'
      ? {
          [name('Shared')]: {
            Type: 'Choice',
            Choices: [{ Variable: '$.consumer.sharedWith[0]', IsPresent: true, Next: name('Meet') }],
            Default: name('Alone'),
          },
          [name('Alone')]: set('meeting', { answer: { 'promotedAtMs.$': '$.promotedAtMs' } }, name('Refresh')),
          [name('Meet')]: task(
            rolloutFunctionArn,
            {
              op: 'meet',
              'secretArn.$': '$.secretArn',
              'turn.$': '$.turn',
              'consumer.$': '$.consumer',
              'promotedAtMs.$': '$.promotedAtMs',
              'waitingFor.$': '$.meeting.answer.waitingFor',
            },
            'meeting',
            name('Met'),
          ),
          [name('Met')]: choose(
            '$.meeting.answer.action',
            { lead: name('Settle'), follow: name('Adopt'), wait: name('WaitToMeet') },
            name('Refresh'),
          ),
          [name('Settle')]: wait('$.meeting.answer.settleSeconds', name('Refresh')),
          [name('WaitToMeet')]: wait('$.pollSeconds', name('Meet')),
          [name('Refresh')]: refresh(true),
          [name('Adopt')]: refresh(false),
          [name('Refreshing')]: choose('$.refresh.answer.state', { none: name('WaitToMeet') }, name('Progress')),
        }
      : {
          [name('Alone')]: set('meeting', { answer: { 'promotedAtMs.$': '$.promotedAtMs' } }, name('Adopt')),
          [name('Adopt')]: refresh(false),
          [name('Refreshing')]: choose('$.refresh.answer.state', { none: name('NotRefreshed') }, name('Progress')),
          [name('NotRefreshed')]: {
            Type: 'Fail',
            Error: 'ConsumerUnfit',
            Cause: 'a consumer that had converged has no refresh of this version any more',
          },
        };
  return {
    ...meeting,
    [name('Progress')]: task(
      '$.consumer.functionArn',
      { op: 'progress', 'consumer.$': '$.consumer', 'ticket.$': '$.refresh.answer.ticket' },
      'progress',
      name('Progressed'),
    ),
    [name('Progressed')]: choose(
      '$.progress.answer.state',
      { converged: name('Checks'), failed: name('ConsumerFailed') },
      name('WaitForProgress'),
    ),
    [name('WaitForProgress')]: wait('$.consumer.pollSeconds', name('Progress')),
    [name('ConsumerFailed')]: { Type: 'Fail', Error: 'ConsumerFailed', CausePath: '$.progress.answer.reason' },
    [name('Checks')]: {
      Type: 'Map',
      ItemsPath: '$.consumer.checks',
      MaxConcurrency: 0,
      ItemSelector: { 'check.$': '$$.Map.Item.Value' },
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: name('FirstProbe'), States: check(name) },
      ResultPath: null,
      Next: name('Well'),
    },
    [name('Well')]: {
      Type: 'Pass',
      Parameters: {
        'consumer.$': '$.consumer.name',
        'seen.$': '$.progress.answer.detail',
        'atMs.$': '$.progress.answer.atMs',
      },
      End: true,
    },
  };
}

function check(name: (state: string) => string): States {
  return {
    [name('FirstProbe')]: {
      Type: 'Pass',
      Result: { answer: { tally: null } },
      ResultPath: '$.probe',
      Next: name('Probe'),
    },
    [name('Probe')]: task(
      '$.check.functionArn',
      { 'check.$': '$.check', 'tally.$': '$.probe.answer.tally' },
      'probe',
      name('Probed'),
    ),
    [name('Probed')]: choose(
      '$.probe.answer.state',
      { healthy: name('Healthy'), unhealthy: name('CheckUnhealthy') },
      name('WaitToProbe'),
    ),
    [name('WaitToProbe')]: wait('$.check.intervalSeconds', name('Probe')),
    [name('CheckUnhealthy')]: { Type: 'Fail', Error: 'CheckUnhealthy', CausePath: '$.probe.answer.reason' },
    [name('Healthy')]: { Type: 'Succeed' },
  };
}
