import type { Promised } from './promises.ts';
import type { RehearsalReport, RotationReport } from './report.ts';

/** The end of a run, in a few lines. */
export function renderReport(report: RehearsalReport, promised: readonly Promised[]): string[] {
  const { requests, restarts, leaks, deniedCalls } = report;
  const broken = promised.filter(({ kept }) => !kept);
  return [
    ...columns([headings, ...report.rotations.map(rowOf)]),
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

const headings = [
  'secret',
  'kind',
  'result',
  'old and new both',
  'old',
  'new',
  'Secrets Manager calls',
  'database',
  'transitions',
];

function rowOf(rotation: RotationReport): string[] {
  const { rotation: steps, rollout, views } = rotation.secretsManagerCalls;
  const { databaseConnections: connections, databaseStatements: statements } = rotation;
  return [
    rotation.secret,
    rotation.kind,
    rotation.result,
    rotation.overlapSeconds === null ? '-' : `${rotation.overlapSeconds.toFixed(1)} s`,
    rotation.oldRefused ? 'refused' : 'accepted',
    rotation.newAccepted ? 'accepted' : 'refused',
    `${steps} + ${rollout} + ${views}`,
    connections === 0 ? '-' : `${connections} connections, ${statements} statements`,
    String(rotation.stateTransitions),
  ];
}

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
