import { describe, expect, it } from 'vitest';
import { type Findings, judge } from '../../../lib/rehearsal/report/promises.ts';
import type { RehearsalReport, RotationReport } from '../../../lib/rehearsal/report/report.ts';

const work = { failedLogins: 0, connections: 3, requests: 6 };
const rotation: RotationReport = {
  secret: 'db/app',
  kind: 'postgres',
  result: 'retired',
  overlapSeconds: 30,
  oldRefused: true,
  newAccepted: true,
  secretsManagerCalls: { rotation: 10, rollout: 16, views: 20 },
  targetWork: work,
  views: [],
  stateTransitions: 200,
};
const report: RehearsalReport = {
  requests: { sent: 1_000, failed: 0 },
  rotations: [rotation],
  restarts: { api: 1 },
  leaks: 0,
  deniedCalls: 0,
};
const findings: Findings = {
  expected: { 'db/app': 'retired' },
  campaigns: { api: 1 },
  alone: ['db/app'],
  interrupted: false,
  faults: [],
};

function broken(changes: Partial<RehearsalReport>, found: Partial<Findings> = {}): string[] {
  return judge({ ...report, ...changes }, { ...findings, ...found })
    .filter(({ kept }) => !kept)
    .map(({ promise }) => promise);
}
const turned = (changes: Partial<RotationReport>) => ({ rotations: [{ ...rotation, ...changes }] });

describe('the promises', () => {
  it('are kept by a run in which all went well', () => {
    expect(broken({})).toEqual([]);
  });

  it('name no costs where steps had to run again', () => {
    const costly = turned({ targetWork: { ...work, connections: 6, requests: 12 } });
    expect(broken(costly, { interrupted: true })).toEqual([]);
    expect(broken(costly)).toHaveLength(2);
  });

  it.each<[what: string, changes: Partial<RehearsalReport>, promise: RegExp]>([
    ['a failed request', { requests: { sent: 5_000, failed: 1 } }, /no request failed/],
    ['too few requests to show anything', { requests: { sent: 999, failed: 0 } }, /of 1,000 at least/],
    ['a secret that did not turn', { rotations: [] }, /is retired/],
    ['a rollout that is held', turned({ result: 'held' }), /is retired/],
    ['an old credential that is accepted', turned({ oldRefused: false }), /old credential is refused/],
    ['a new credential that is refused', turned({ newAccepted: false }), /the new one accepted/],
    ['a failed login', turned({ targetWork: { ...work, failedLogins: 1 } }), /no login failed/],
    ['a connection too many', turned({ targetWork: { ...work, connections: 4 } }), /at most 3 database connections/],
    ['a statement too many', turned({ targetWork: { ...work, requests: 7 } }), /at most 6 statements/],
    [
      'a call too many in the four steps',
      turned({ secretsManagerCalls: { rotation: 11, rollout: 1, views: 0 } }),
      /at most 10 Secrets Manager calls/,
    ],
    [
      'a call too many in the rollout',
      turned({ secretsManagerCalls: { rotation: 1, rollout: 17, views: 0 } }),
      /at most 16 in the rollout/,
    ],
    ['a second restart', { restarts: { api: 2 } }, /api restarted once/],
    ['no restart', { restarts: {} }, /api restarted once/],
    ['a leak', { leaks: 1 }, /no secret value/],
    ['a denied call', { deniedCalls: 1 }, /no call was denied/],
  ])('are broken by %s', (_, changes, promise) => {
    expect(broken(changes)).toContainEqual(expect.stringMatching(promise));
  });

  it('allow what could not be answered while a fault had taken the database away, and say so', () => {
    const away = { sent: 2_000, failed: 0, unanswerable: 60 };
    expect(broken({ requests: away })).toEqual([]);
    expect(broken({ requests: { ...away, failed: 1 } })).toEqual([
      'no request failed, of 1,000 at least, but while what it needs was away',
    ]);
  });

  it('are broken by whatever else was found, which is quoted', () => {
    const judged = judge(report, { ...findings, faults: ['a label was left behind'] });
    expect(judged.filter(({ kept }) => !kept)).toMatchObject([{ seen: 'a label was left behind' }]);
  });

  it('allow a service one restart in each campaign that it takes part in', () => {
    const campaigns = { api: 2 };
    expect(broken({ restarts: { api: 2 } }, { campaigns })).toEqual([]);
    expect(broken({ restarts: { api: 1 } }, { campaigns })).toEqual([]);
    expect(broken({ restarts: { api: 3 } }, { campaigns })).toHaveLength(1);
    expect(broken({ restarts: {} }, { campaigns })).toHaveLength(1);
  });

  it('do not count how often a rollout looks while it waits for another', () => {
    const waiting = turned({ secretsManagerCalls: { rotation: 10, rollout: 100, views: 0 } });
    expect(broken(waiting, { alone: [] })).toEqual([]);
  });

  it('of a way back are an old credential that is accepted and a new one that is dead', () => {
    const expected = { 'db/app': 'rolled-back' } as const;
    const back = { result: 'rolled-back', oldRefused: false, newAccepted: false } as const;
    expect(broken(turned(back), { expected })).toEqual([]);
    expect(broken(turned({ ...back, newAccepted: true }), { expected })).toHaveLength(1);
    expect(broken(turned({ ...back, oldRefused: true }), { expected })).toHaveLength(1);
    expect(broken({}, { expected })).toHaveLength(2);
  });
});
