import { describe, expect, it } from 'vitest';
import type { SecretState } from '../../../lib/core/ports.ts';
import { phaseOfState, phases, resultOfState } from '../../../lib/core/rollout/phase.ts';
import { type OpenRollout, standingOf } from '../../../lib/core/rollout/standing.ts';
import { rolloutDefinition } from '../../../lib/infra/definitions/rollout.ts';

function stateWith(versions: SecretState['versions']): SecretState {
  return { arn: 'arn', name: 'db', rotationEnabled: true, versions, tags: {}, lastChangedAtMs: 0 };
}

const idle = { old: ['AWSPREVIOUS'], now: ['AWSCURRENT', 'AWSPENDING'] };
const rotating = { now: ['AWSCURRENT'], next: ['AWSPENDING'] };
const forward = { old: ['AWSPREVIOUS', 'KEYTURN_RETIRING'], now: ['AWSCURRENT'] };
const back = { old: ['AWSCURRENT'], now: ['AWSPREVIOUS', 'KEYTURN_RETIRING'] };
const soaking: OpenRollout = { versionId: 'now', phase: 'soaking' };
const opening: OpenRollout = { versionId: 'next', phase: undefined };

describe('where a secret stands', () => {
  it.each<[string, SecretState['versions'], OpenRollout | undefined, object]>([
    ['nothing pends and nothing retires', idle, undefined, { phase: 'idle', versionId: null }],
    ['a version pends', rotating, undefined, { phase: 'rotating', versionId: 'next' }],
    ['a rollout has just started', rotating, opening, { phase: 'awaiting promotion', versionId: 'next' }],
    ['a rollout is open', forward, soaking, { phase: 'soaking', goingBack: false, versionId: 'now' }],
    ['the version of the open rollout retires', back, soaking, { phase: 'soaking', goingBack: true }],
    ['a version retires and no rollout is open', forward, undefined, { phase: 'held', versionId: null }],
    ['the way back is held', back, undefined, { phase: 'held' }],
    ['the rollout is about to go back', forward, { versionId: 'now', phase: 'going back' }, { goingBack: true }],
    ['AWSPENDING is gone, but its rollout is open', idle, opening, { phase: 'awaiting promotion' }],
  ])('when %s', (_, versions, open, expected) => {
    expect(standingOf(stateWith(versions), open)).toMatchObject(expected);
  });
});

describe('the phases of the machine', () => {
  const states = Object.keys((rolloutDefinition({ rolloutFunctionArn: 'arn' }) as { States: object }).States);

  it('all have a state in the definition', () => {
    expect(new Set(states.flatMap((state) => phaseOfState(state) ?? []))).toEqual(new Set(phases));
  });

  it('end in a state for each result', () => {
    const results = states.flatMap((state) => resultOfState(state) ?? []);
    expect(results.sort()).toEqual(['abandoned', 'held', 'retired', 'rolled-back']);
  });
});
