import type { RehearsalReport, RotationReport } from '../lib/rehearsal/report/report.ts';
import type { Figure } from './figures.ts';

/** The promises of a rotation, from what a rehearsal counted. */
export function rehearsalFigures(report: RehearsalReport): Figure[] {
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
      value: report.rotations.filter(({ oldRefused }) => !oldRefused).length,
      limit: 0,
    },
    ...report.rotations.flatMap(costsOf),
  ];
}

/** Failed logins of every kind; what the design promises of one database at one endpoint, by itself. */
function costsOf({ secret, kind, secretsManagerCalls, targetWork }: RotationReport): Figure[] {
  if (targetWork === null) return [];
  const { failedLogins, connections, requests } = targetWork;
  const figure = (what: string, value: number, limit: number) => ({ what: `${secret}: ${what}`, value, limit });
  const figures = [figure('failed logins in the four steps', failedLogins, 0)];
  if (kind !== 'postgres') return figures;
  return [
    ...figures,
    figure('Secrets Manager calls of the four steps', secretsManagerCalls.rotation, 10),
    figure('database connections of the four steps, at the writer', connections, 3),
    figure('database statements of the four steps, at the writer', requests, 6),
  ];
}
