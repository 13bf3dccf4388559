import type { RehearsalReport } from '../lib/rehearsal/report/report.ts';
import type { Figure } from './figures.ts';

/** The promises of a rotation, from what a rehearsal counted. */
export function rehearsalFigures(report: RehearsalReport): Figure[] {
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const databases = report.rotations.filter(({ databaseConnections }) => databaseConnections > 0);
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
    ...databases.flatMap(
      ({ secret, kind, secretsManagerCalls, failedLogins, databaseConnections, databaseStatements }) => [
        {
          what: `${secret} (${kind}): Secrets Manager calls of the four steps`,
          value: secretsManagerCalls.rotation,
          limit: 10,
        },
        {
          what: `${secret} (${kind}): Secrets Manager calls of the rollout, views apart`,
          value: secretsManagerCalls.rollout,
          limit: 16,
        },
        { what: `${secret} (${kind}): failed logins in the four steps`, value: failedLogins, limit: 0 },
        { what: `${secret} (${kind}): database connections of the four steps`, value: databaseConnections, limit: 3 },
        { what: `${secret} (${kind}): database statements of the four steps`, value: databaseStatements, limit: 6 },
      ],
    ),
  ];
}
