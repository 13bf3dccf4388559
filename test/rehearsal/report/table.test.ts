import { expect, it } from 'vitest';
import { renderReport } from '../../../lib/rehearsal/report/table.ts';

const report = {
  requests: { sent: 2_622, failed: 0 },
  rotations: [
    {
      secret: 'db/app',
      kind: 'postgres',
      result: 'retired' as const,
      overlapSeconds: 30.37,
      oldRefused: true,
      newAccepted: true,
      secretsManagerCalls: { rotation: 10, rollout: 14, views: 20 },
      targetWork: { failedLogins: 0, connections: 3, requests: 4 },
      views: [],
      stateTransitions: 200,
    },
  ],
  restarts: { api: 1, worker: 1 },
  leaks: 0,
  deniedCalls: 0,
};

it('fits the end of a run on a screen', () => {
  expect(renderReport(report, [{ promise: 'a', kept: true, seen: '' }]).join('\n')).toMatchInlineSnapshot(`
    "secret  kind      result   old and new both  old      new       Secrets Manager calls  at the target, in the four steps  transitions
    db/app  postgres  retired  30.4 s            refused  accepted  10 + 14 + 20           3 connections, 4 requests         200

    requests                       2,622 sent, 0 failed
    restarts                       api 1, worker 1
    secret values found elsewhere  0
    denied calls                   0

    All 1 promises were kept."
  `);
});

it('tells requests that nobody could have answered from those that failed', () => {
  const requests = { sent: 2_000, failed: 0, unanswerable: 61 };
  expect(renderReport({ ...report, requests }, []).join('\n')).toContain(
    '2,000 sent, 0 failed, 61 more while what they need was away',
  );
});

it('names each broken promise with what was seen', () => {
  const promised = [
    { promise: 'no call was denied', kept: false, seen: '2 were' },
    { promise: 'a', kept: true, seen: '' },
  ];
  expect(renderReport(report, promised)).toEqual(
    expect.arrayContaining(['BROKEN: no call was denied (2 were)', '1 of 2 promises were broken.']),
  );
});
