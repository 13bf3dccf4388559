import type { Promised } from './promises.ts';
import type { RehearsalReport, RotationReport } from './report.ts';

/** The end of a run, in a few lines. */
export function renderReport(report: RehearsalReport, promised: readonly Promised[]): string[] {
  const { requests, restarts, leaks, deniedCalls } = report;
  const broken = promised.filter(({ kept }) => !kept);
  return [
    ...columns(Object.entries(figures).map(([name, show]) => [name, ...report.rotations.map(show)])),
    '',
    ...columns([
      ['requests', `${count(requests.sent)} sent, ${count(requests.failed)} failed`],
      [
        'restarts',
        Object.entries(restarts)
          .map(([service, times]) => `${service} ${times}`)
          .join(', '),
      ],
      ['secret values found elsewhere', String(leaks)],
      ['denied calls', String(deniedCalls)],
    ]),
    '',
    ...broken.map(({ promise, seen }) => `BROKEN: ${promise} (${seen})`),
    broken.length === 0
      ? `All ${promised.length} promises were kept.`
      : `${broken.length} of ${promised.length} promises were broken.`,
  ];
}

/** One line for each figure, one column for each secret. */
const figures: Readonly<Record<string, (rotation: RotationReport) => string>> = {
  '': ({ secret }) => secret,
  kind: ({ kind }) => kind,
  result: ({ result }) => result,
  'old and new both accepted': ({ overlapSeconds }) =>
    overlapSeconds === null ? '-' : `${overlapSeconds.toFixed(1)} s`,
  'old credential': ({ oldRefused }) => (oldRefused ? 'refused' : 'accepted'),
  'new credential': ({ newAccepted }) => (newAccepted ? 'accepted' : 'refused'),
  'failed logins in the four steps': ({ failedLogins }) => String(failedLogins),
  'database connections, statements': ({ databaseConnections: connections, databaseStatements: statements }) =>
    connections === 0 ? '-' : `${connections}, ${statements}`,
  'Secrets Manager calls': ({ secretsManagerCalls: { rotation, rollout, views } }) =>
    `${rotation} steps, ${rollout} rollout, ${views} views`,
  'state transitions': ({ stateTransitions }) => String(stateTransitions),
};

/** Left-aligned columns, as wide as their widest cell. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export function count(number: number): string {
  return number.toLocaleString('en-US');
}
