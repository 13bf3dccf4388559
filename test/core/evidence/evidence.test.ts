import { describe, expect, it } from 'vitest';
import { evidenceOf, messageOf, type RolloutState } from '../../../lib/core/evidence/evidence.ts';

const bare: RolloutState = { secretArn: 'arn', versionId: 'v', attempt: 2 };
const turn = { direction: 'forward' as const, keep: 'v', retire: 'o', soakSeconds: 1, graceSeconds: 2 };
const at = (atMs: number) => ({ answer: { atMs } });

it('the record of a rollout that ended before it planned anything says what is not known', () => {
  expect(evidenceOf(bare, 'house/db', 'abandoned', 0)).toMatchObject({
    schema: 1,
    secret: 'house/db',
    kind: 'unknown',
    policy: 'unknown',
    result: 'abandoned',
    versionId: 'v',
    attempt: 2,
    recordedAt: '1970-01-01T00:00:00.000Z',
    turn: null,
    retiredIdentity: null,
    refusals: [],
    consumers: [],
    noConsumers: null,
    failure: null,
    timeline: {},
    finality: 'nothing-revoked',
  });
});

it('the record of one that retired its credential says how, when and on what proof', () => {
  const state: RolloutState = {
    ...bare,
    plan: { secret: 'house/db', kind: 'memory', policy: 'monthly', noConsumers: 'a batch job reads it' },
    promotion: at(1),
    turn,
    converged: at(2),
    verified: { waves: [['api']] },
    disabled: { answer: { state: 'done', identity: 'app', final: false, atMs: 3 } },
    refused: { answer: { refusals: [{ endpoint: 'e', error: '28000' }], atMs: 4 } },
    destroyed: at(5),
    closed: at(6),
  };
  expect(evidenceOf(state, 'house/db', 'retired', 7)).toMatchObject({
    kind: 'memory',
    policy: 'monthly',
    turn,
    retiredIdentity: 'app',
    refusals: [{ endpoint: 'e', error: '28000' }],
    consumers: [['api']],
    noConsumers: 'a batch job reads it',
    timeline: {
      promotion: '1970-01-01T00:00:00.001Z',
      converged: '1970-01-01T00:00:00.002Z',
      disabled: '1970-01-01T00:00:00.003Z',
      refused: '1970-01-01T00:00:00.004Z',
      destroyed: '1970-01-01T00:00:00.005Z',
      closed: '1970-01-01T00:00:00.006Z',
    },
    finality: 'destroyed',
  });
});

const disabled = (final: boolean, identity: string | null = 'app') => ({
  answer: { state: 'done' as const, identity, final, atMs: 1 },
});
it.each<[string, Partial<RolloutState>]>([
  ['disabled', { disabled: disabled(false) }],
  ['destroyed', { disabled: disabled(true) }],
  ['destroyed', { disabled: disabled(false), destroyed: at(2) }],
  ['nothing-revoked', { disabled: disabled(true, null), destroyed: at(2) }],
])('a credential is %s', (finality, state) => {
  expect(evidenceOf({ ...bare, ...state }, 's', 'retired', 0).finality).toBe(finality);
});

it.each([
  [
    { Error: 'GateClosed', Cause: '{"errorMessage":"still in use"}' },
    { code: 'GateClosed', message: 'still in use' },
  ],
  [{ Error: 'States.Timeout' }, { code: 'States.Timeout', message: '' }],
  [{ Cause: 'a workflow’s own words' }, { code: 'unknown', message: 'a workflow’s own words' }],
])('a failure %j stands in the record as %j', (failure, expected) => {
  expect(evidenceOf({ ...bare, failure }, 's', 'held', 0).failure).toEqual(expected);
});

it.each([
  ['{"errorMessage":17}', '17'],
  ['{"other":1}', '{"other":1}'],
  ['null', 'null'],
  ['17', '17'],
  ['"text"', '"text"'],
  ['not JSON', 'not JSON'],
])('the message of the cause %s is %s', (cause, message) => {
  expect(messageOf(cause)).toBe(message);
});

it('the record of a rotation that was abandoned says what became of what it had made', () => {
  const abandoned = { answer: { said: 'it had made no credential', atMs: 1 } };
  const failure = { Error: 'PromotionExpired', Cause: 'not promoted' };
  const failureOf = (result: 'abandoned' | 'held', state: Partial<RolloutState>) =>
    evidenceOf({ ...bare, ...state }, 's', result, 0).failure;
  expect(failureOf('abandoned', { abandoned, failure })).toEqual({
    code: 'RotationAbandoned',
    message: 'it had made no credential',
  });
  // It was held before it was given up, and after.
  for (const result of ['abandoned', 'held'] as const)
    expect(failureOf(result, { failure, ...(result === 'held' && { abandoned }) })).toEqual({
      code: 'PromotionExpired',
      message: 'not promoted',
    });
});

it('the record of one that disabled nothing has the phases that it came through', () => {
  expect(evidenceOf({ ...bare, promotion: at(1), converged: at(2) }, 's', 'held', 0).timeline).toEqual({
    promotion: '1970-01-01T00:00:00.001Z',
    converged: '1970-01-01T00:00:00.002Z',
  });
});

it('the record of a credential that was retired in spite of a failure names none', () => {
  expect(evidenceOf({ ...bare, failure: { Error: 'TargetTimeout' } }, 's', 'retired', 0).failure).toBeNull();
});

it('the record has the inventory’s words where nobody sees a refusal', () => {
  const refused = { answer: { refusals: [], unproven: 'browsers verify', atMs: 4 } };
  expect(evidenceOf({ ...bare, refused }, 's', 'retired', 0)).toMatchObject({
    refusals: [],
    unproven: 'browsers verify',
  });
  expect(evidenceOf(bare, 's', 'retired', 0).unproven).toBeNull();
});

describe('what a human was asked for', () => {
  const asked = { human: { answer: { asked: { sinceMs: 5 } } } };
  const awaited = { answer: { state: 'awaits-human' as const, identity: 'app', task: 'destroy it', atMs: 6 } };

  it('stands in the record since it was asked, and is no disabling', () => {
    expect(evidenceOf({ ...bare, ...asked, disabled: awaited }, 's', 'held', 0)).toMatchObject({
      timeline: { humanAsked: '1970-01-01T00:00:00.005Z' },
      retiredIdentity: null,
      finality: 'nothing-revoked',
    });
    expect(evidenceOf({ ...bare, ...asked, disabled: awaited }, 's', 'held', 0).timeline).not.toHaveProperty(
      'disabled',
    );
  });

  it('was nothing where nobody was asked', () => {
    const human = { answer: { asked: null } };
    expect(evidenceOf({ ...bare, human }, 's', 'retired', 0).timeline).toEqual({});
  });
});

describe('an emergency’s record', () => {
  const plan = { secret: 's', kind: 'memory', policy: 'monthly', noConsumers: null };
  const emergencyOf = (state: Partial<RolloutState>, mode: 'none' | 'consumers-first' | 'disable-only') =>
    evidenceOf({ ...bare, plan: { ...plan, emergency: mode }, ...state }, 's', 'retired', 0).emergency;

  it('says what was skipped, and what was known of the old credential’s use', () => {
    expect(
      emergencyOf({ lastUse: { answer: { state: 'closed', reason: 'two sessions', atMs: 1 } } }, 'disable-only'),
    ).toEqual({ mode: 'disable-only', skipped: expect.arrayContaining(['the consumers']), stillUsed: 'two sessions' });
    expect(emergencyOf({ lastUse: { answer: { state: 'open', atMs: 1 } } }, 'consumers-first')).toMatchObject({
      mode: 'consumers-first',
      stillUsed: null,
    });
  });

  it('says so when nobody could tell: the rollout went on', () => {
    const failure = { Error: 'TargetTimeout', Cause: '{"errorMessage":"no answer"}' };
    expect(emergencyOf({ failure }, 'consumers-first')?.stillUsed).toBe('unknown: no answer');
    expect(emergencyOf({}, 'consumers-first')?.stillUsed).toBeNull();
    const lastUse = { answer: { state: 'open', atMs: 1 } };
    expect(emergencyOf({ lastUse, failure }, 'consumers-first')?.stillUsed).toBeNull();
  });

  it('is none of an ordinary rollout', () => {
    expect(emergencyOf({}, 'none')).toBeNull();
    expect(evidenceOf({ ...bare, plan }, 's', 'retired', 0).emergency).toBeNull();
    expect(evidenceOf(bare, 's', 'retired', 0).emergency).toBeNull();
  });

  it('counts the disabling that came first', () => {
    const disabledFirst = { answer: { state: 'done' as const, identity: 'app', final: false, atMs: 2 } };
    expect(evidenceOf({ ...bare, disabledFirst }, 's', 'retired', 0)).toMatchObject({
      retiredIdentity: 'app',
      timeline: { disabledFirst: '1970-01-01T00:00:00.002Z' },
      finality: 'disabled',
    });
  });
});
