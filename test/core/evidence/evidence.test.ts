import { expect, it } from 'vitest';
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
