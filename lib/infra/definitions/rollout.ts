import { type EmergencyMode, emergencyModes } from '../../core/emergency.ts';
import { retryableCodes } from '../../core/errors.ts';
import { consumerWaves } from './consumers.ts';
import { choose, is, type Route, type State, type States, set, task, wait, when } from './states.ts';

/**
 * The rollout of one version, from its promotion to the retired credential's proof of death, as one Step Functions
 * (Standard, JSONPath) execution. Going back is the same way with `keep` and `retire` exchanged (`$.turn`).
 *
 * Input: `{secretArn, versionId, attempt}`, and `{direction: 'back', settleSeconds}` when an operator wants it back. The state holds ARNs, version ids, identities and instants, never values.
 * `$.plan.emergency` says what an emergency leaves out; who declared it is on record.
 * Whatever is unknown ends in Hold: everything works, the retiring label stays, an alarm goes off.
 */
export function rolloutDefinition({ rolloutFunctionArn }: { rolloutFunctionArn: string }): object {
  const hold: readonly Route[] = [{ errors: ['States.ALL'], next: 'RecordHeld' }];
  const rollout = (op: string, payload: object, as: string | null, next: string, routes = hold): State =>
    task(rolloutFunctionArn, { op, ...payload }, as, next, routes);
  const secret = { 'secretArn.$': '$.secretArn' };
  const version = { ...secret, 'versionId.$': '$.versionId' };
  const turn = { ...secret, 'turn.$': '$.turn' };
  const pair = { ...secret, 'keep.$': '$.turn.keep', 'retire.$': '$.turn.retire' };
  const promoted = { 'promotedAtMs.$': '$.views.answer.promotedAtMs' };
  const retire = (op: string, payload: object, as: string | null, next: string, routes = hold): State =>
    task('$.plan.retireFunctionArn', { op, ...payload }, as, next, routes);
  const remind = (asked: string, next: string): State =>
    rollout(
      'remind',
      { ...secret, 'identity.$': `${asked}.identity`, 'task.$': `${asked}.task`, 'asked.$': '$.human.answer.asked' },
      'human',
      next,
    );
  const record = (result: string, next: string): State =>
    task(rolloutFunctionArn, { op: 'record', result, 'state.$': '$' }, null, next, [{ errors: ['States.ALL'], next }]);

  const emergency = (mode: EmergencyMode, next: string) => is('$.plan.emergency', mode, next);
  const anyEmergency = (next: string) => emergencyModes.map((mode) => emergency(mode, next));
  const outage = (next: string) => ({
    And: [
      { Variable: '$.plan.emergency', StringEquals: 'disable-first' satisfies EmergencyMode },
      { Variable: '$.turn.direction', StringEquals: 'forward' },
    ],
    Next: next,
  });

  const back = {
    direction: 'back',
    // Longer than the rotation function can run: a finishSecret that stalled cannot promote after it.
    'soakSeconds.$': '$.plan.timings.rotationSeconds',
    graceSeconds: 0,
  };

  const promotion: States = {
    AwaitPromotion: rollout(
      'observe',
      { ...version, 'startedAt.$': '$$.Execution.StartTime' },
      'promotion',
      'Promoted',
    ),
    Promoted: choose(
      '$.promotion.answer.state',
      { promoted: 'Plan', 'went-back': 'Plan', waiting: 'WaitForPromotion' },
      'StripPending',
    ),
    WaitForPromotion: wait('$.promotion.answer.pollSeconds', 'AwaitPromotion'),
    Plan: {
      ...rollout('plan', version, 'plan', 'Whither'),
      // The plan is read by many states: it stands at `$.plan` itself, not at `$.plan.answer`.
      ResultSelector: Object.fromEntries(
        [
          'secret',
          'kind',
          'policy',
          'retireFunctionArn',
          'waves',
          'noConsumers',
          'views',
          'timings',
          'destroys',
          'emergency',
          'entryHash',
        ].map((part) => [`${part}.$`, `$.Payload.${part}`]),
      ),
    },
    Whither: {
      Type: 'Choice',
      Choices: [
        {
          And: [
            { Variable: '$.promotion.answer.state', StringEquals: 'promoted' },
            { Variable: '$.direction', IsPresent: true },
          ],
          Next: 'BackOnRequest',
        },
        { Variable: '$.promotion.answer.state', StringEquals: 'promoted', Next: 'Forward' },
      ],
      Default: 'WentBack',
    },
    BackOnRequest: set(
      'failure',
      { Error: 'RollbackRequested', Cause: 'an operator asked to go back; the request is on record' },
      'BackFrom',
    ),
    BackFrom: set(
      'turn',
      {
        direction: 'forward',
        'keep.$': '$.promotion.answer.keep',
        'retire.$': '$.promotion.answer.retire',
        soakSeconds: 0,
        graceSeconds: 0,
      },
      'WaitOutAttempt',
    ),
    // StopExecution does not end an invocation: what the stopped attempt began must be over before labels move.
    WaitOutAttempt: wait('$.settleSeconds', 'VerifyPredecessor'),
    WentBack: set(
      'failure',
      {
        Error: 'ConsumerFailed',
        Cause: 'an earlier attempt of this rollout went back; this one brought it to its end',
      },
      'BackAgain',
    ),
    BackAgain: set(
      'turn',
      { ...back, 'keep.$': '$.promotion.answer.keep', 'retire.$': '$.promotion.answer.retire' },
      'FirstBack',
    ),
    FirstBack: when([emergency('disable-only', 'WaitOutFirst')], 'WriteViews'),
    WaitOutFirst: wait('$.turn.soakSeconds', 'NobodyAskedFirst'),
    Forward: set(
      'turn',
      {
        direction: 'forward',
        'keep.$': '$.promotion.answer.keep',
        'retire.$': '$.promotion.answer.retire',
        'soakSeconds.$': '$.plan.timings.soakSeconds',
        'graceSeconds.$': '$.plan.timings.graceSeconds',
      },
      'First',
    ),
    First: when(
      [emergency('disable-first', 'NobodyAskedFirst'), emergency('disable-only', 'NobodyAskedFirst')],
      'WriteViews',
    ),
    NobodyAskedFirst: set('human', { answer: { asked: null } }, 'DisableFirst'),
    // Without a promotion's instant: it ends every session.
    DisableFirst: retire('disable', pair, 'disabledFirst', 'DisabledFirst'),
    // What only a human can end is asked for where the consumers have moved; or here, where they do not move at all.
    DisabledFirst: when([emergency('disable-only', 'DisabledAlone')], 'WriteViews'),
    DisabledAlone: choose('$.disabledFirst.answer.state', { 'awaits-human': 'RemindFirst' }, 'ProveRefused'),
    RemindFirst: remind('$.disabledFirst.answer', 'WaitForHumanFirst'),
    WaitForHumanFirst: wait('$.human.answer.pollSeconds', 'DisableFirst'),
  };

  const moving: States = {
    WriteViews: rollout('write-views', turn, 'views', 'WaitForSkew'),
    WaitForSkew: wait('$.plan.timings.skewSeconds', 'Waves'),
    Waves: consumerWaves({
      suffix: '',
      mode: 'refresh',
      rolloutFunctionArn,
      as: 'refreshed',
      next: 'Converged',
      onFailed: 'ConsumersFailed',
      onUnknown: 'RecordHeld',
    }),
    // What is compromised never comes back by itself where the operator accepted the outage.
    ConsumersFailed: when([outage('RecordHeld'), is('$.turn.direction', 'forward', 'VerifyPredecessor')], 'RecordHeld'),
    Converged: rollout('converged', {}, 'converged', 'Soak'),
    Soak: wait('$.turn.soakSeconds', 'LastUse'),
  };

  const revoking: States = {
    LastUse: retire('last-use', { ...pair, 'sinceMs.$': '$.converged.answer.atMs', ...promoted }, 'lastUse', 'Unused', [
      { errors: ['States.ALL'], next: 'UseUnknown' },
    ]),
    // In an emergency the answer is for the record only: strangers may still use what is compromised.
    Unused: when([is('$.lastUse.answer.state', 'open', 'CheckLabels'), ...anyEmergency('CheckLabels')], 'AwaitGate'),
    UseUnknown: when(anyEmergency('CheckLabels'), 'RecordHeld'),
    AwaitGate: rollout(
      'await-gate',
      {
        ...secret,
        'reason.$': '$.lastUse.answer.reason',
        'sinceMs.$': '$.converged.answer.atMs',
        'soakSeconds.$': '$.turn.soakSeconds',
      },
      null,
      'WaitForGate',
    ),
    WaitForGate: wait('$.plan.timings.pollSeconds', 'LastUse'),
    // Before the consumers are looked at, which can take minutes, and again right after: what they were seen to run on is
    // what is current only if nothing moved meanwhile.
    CheckLabels: rollout('check-plan', { ...turn, 'entryHash.$': '$.plan.entryHash' }, null, 'VerifyConsumers'),
    VerifyConsumers: consumerWaves({
      suffix: 'Again',
      mode: 'verify',
      rolloutFunctionArn,
      as: 'verified',
      next: 'CheckPlan',
      // A gate never goes back by itself: it holds, with both credentials working.
      onFailed: 'RecordHeld',
      onUnknown: 'RecordHeld',
    }),
    CheckPlan: rollout('check-plan', { ...turn, 'entryHash.$': '$.plan.entryHash' }, null, 'NobodyAsked'),
    NobodyAsked: set('human', { answer: { asked: null } }, 'Disable'),
    Disable: retire('disable', { ...pair, ...promoted }, 'disabled', 'Disabled'),
    Disabled: choose('$.disabled.answer.state', { 'awaits-human': 'Remind' }, 'ProveRefused'),
    Remind: remind('$.disabled.answer', 'WaitForHuman'),
    WaitForHuman: wait('$.human.answer.pollSeconds', 'LookAgain'),
    // A target that cannot be asked now and then in these weeks is asked again, until the deadline.
    LookAgain: retire('disable', { ...pair, ...promoted }, 'disabled', 'Disabled', [
      { errors: retryableCodes, next: 'Remind', as: 'unanswered' },
      ...hold,
    ]),
    ProveRefused: retire('prove-refused', pair, 'refused', 'Proven'),
    Proven: when([emergency('disable-only', 'Destroys')], 'HealthAgain'),
    HealthAgain: consumerWaves({
      suffix: 'AfterDisable',
      mode: 'verify',
      rolloutFunctionArn,
      as: 'healthyAgain',
      next: 'Grace',
      onFailed: 'UnwellAfter',
      onUnknown: 'UnknownAfter',
    }),
    UnwellAfter: when([outage('RecordHeld')], 'Enable'),
    UnknownAfter: when([outage('RecordHeld')], 'EnableAndHold'),
    Enable: retire('enable', pair, null, 'ConsumersFailed'),
    EnableAndHold: retire('enable', pair, null, 'RecordHeld'),
    Grace: wait('$.turn.graceSeconds', 'Destroys'),
    Destroys: {
      Type: 'Choice',
      Choices: [{ Variable: '$.plan.destroys', BooleanEquals: true, Next: 'Destroy' }],
      Default: 'Close',
    },
    Destroy: retire('destroy', pair, 'destroyed', 'Close'),
    Close: rollout('close', turn, 'closed', 'Direction'),
    Direction: choose('$.turn.direction', { forward: 'RecordRetired' }, 'RecordRolledBack'),
  };

  const goingBack: States = {
    VerifyPredecessor: retire('verify-predecessor', pair, null, 'MoveBack'),
    MoveBack: rollout('move-back', turn, null, 'Back'),
    Back: set('turn', { ...back, 'keep.$': '$.turn.retire', 'retire.$': '$.turn.keep' }, 'WriteViews'),
  };

  const abandoning: States = {
    StripPending: rollout('strip-pending', version, null, 'WaitOutRotation'),
    WaitOutRotation: wait('$.promotion.answer.rotationSeconds', 'ObserveAgain'),
    ObserveAgain: rollout(
      'observe',
      { ...version, 'startedAt.$': '$$.Execution.StartTime' },
      'promotion',
      'PromotedAfterAll',
    ),
    PromotedAfterAll: choose('$.promotion.answer.state', { promoted: 'Plan', 'went-back': 'Plan' }, 'DiscardAbandoned'),
    DiscardAbandoned: task(
      '$.promotion.answer.retireFunctionArn',
      { op: 'discard-abandoned', ...version },
      'abandoned',
      'EndAbandoned',
      hold,
    ),
    EndAbandoned: rollout('end-abandoned', version, null, 'RecordAbandoned'),
  };

  const endings: States = {
    RecordRetired: record('retired', 'Retired'),
    Retired: { Type: 'Succeed' },
    RecordRolledBack: record('rolled-back', 'Failed'),
    RecordHeld: record('held', 'Failed'),
    Failed: { Type: 'Fail', ErrorPath: '$.failure.Error', CausePath: '$.failure.Cause' },
    RecordAbandoned: record('abandoned', 'Abandoned'),
    Abandoned: {
      Type: 'Fail',
      Error: 'RotationAbandoned',
      CausePath: '$.abandoned.answer.said',
    },
  };

  return {
    Comment: 'Keyturn: one version, from its promotion to the proof that the old credential is dead',
    StartAt: 'AwaitPromotion',
    States: { ...promotion, ...moving, ...revoking, ...goingBack, ...abandoning, ...endings },
  };
}
