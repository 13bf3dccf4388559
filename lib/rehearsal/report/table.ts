import type { Promised } from './promises.ts';
import type { RehearsalReport, RotationReport, TargetWork } from './report.ts';

/** The end of a run, in a few lines. */
export function renderReport(report: RehearsalReport, promised: readonly Promised[]): string[] {
  const { requests, restarts, leaks, deniedCalls } = report;
  const broken = promised.filter(({ kept }) => !kept);
  return [
    ...columns([
      Object.keys(figures),
      ...report.rotations.map((rotation) => Object.values(figures).map((show) => show(rotation))),
    ]),
    '',
    ...columns([
      ['requests', requestsIn(requests)],
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

function requestsIn({ sent, failed, unanswerable }: RehearsalReport['requests']): string {
  const more = unanswerable === undefined ? '' : `, ${count(unanswerable)} more while what they need was away`;
  return `${count(sent)} sent, ${count(failed)} failed${more}`;
}

/** One column for each figure, one line for each secret. */
const figures: Readonly<Record<string, (rotation: RotationReport) => string>> = {
  secret: ({ secret }) => secret,
  kind: ({ kind }) => kind,
  result: ({ result }) => result,
  'old and new both': ({ overlapSeconds }) => (overlapSeconds === null ? '-' : `${overlapSeconds.toFixed(1)} s`),
  old: ({ oldRefused }) => (oldRefused ? 'refused' : 'accepted'),
  new: ({ newAccepted }) => (newAccepted ? 'accepted' : 'refused'),
  'Secrets Manager calls': ({ secretsManagerCalls: { rotation, rollout, views } }) =>
    `${rotation} + ${rollout} + ${views}`,
  'at the target, in the four steps': ({ targetWork }) => workOf(targetWork),
  transitions: ({ stateTransitions }) => String(stateTransitions),
};

function workOf(work: TargetWork | null): string {
  if (work === null) return '-';
  const { connections, requests, failedLogins } = work;
  const words = [
    connections > 0 && `${connections} connections`,
    `${requests} requests`,
    failedLogins > 0 && `${failedLogins} failed logins`,
  ];
  return words.filter((word) => word !== false).join(', ');
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
