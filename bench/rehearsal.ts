import type { RehearsalReport } from '../lib/rehearsal/report/report.ts';
import type { Figure } from './figures.ts';

/** The promises of a rotation, from what a rehearsal counted. */
export function rehearsalFigures(report: RehearsalReport): Figure[] {
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  return [
    {
      what: `failed requests of ${report.requests.sent} during the rehearsal`,
      value: report.requests.failed,
      limit: 0,
    },
    { what: 'secret values found in logs, state, events, records and output', value: report.leaks, limit: 0 },
    { what: 'calls that the synthesized policies denied', value: report.deniedCalls, limit: 0 },
    {
      what: 'restarts of the busiest service of a campaign',
      value: Math.max(...Object.values(report.restarts)),
      limit: 1,
    },
    {
      what: 'old credentials that were not refused',
      value: sum(report.rotations.map(({ oldRefused }) => (oldRefused ? 0 : 1))),
      limit: 0,
    },
    ...report.rotations.flatMap(({ secret, kind, secretsManagerCalls, targetWork }) => [
      ...(targetWork === null
        ? []
        : [{ what: `${secret} (${kind}): failed logins in the four steps`, value: targetWork.failedLogins, limit: 0 }]),
      ...(kind === 'postgres' && targetWork !== null
        ? [
            {
              what: `${secret} (${kind}): Secrets Manager calls of the four steps`,
              value: secretsManagerCalls.rotation,
              limit: 10,
            },
            {
              what: `${secret} (${kind}): database connections of the four steps`,
              value: targetWork.connections,
              limit: 3,
            },
            {
              what: `${secret} (${kind}): database statements of the four steps`,
              value: targetWork.requests,
              limit: 6,
            },
          ]
        : []),
    ]),
  ];
}
