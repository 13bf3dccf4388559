import { kindIds } from '../lib/kinds/registry.ts';
import type { RehearsalReport, RotationReport } from '../lib/rehearsal/report/report.ts';
import type { FunctionMeasure } from './functions.ts';

const head = [
  'kind',
  'Secrets Manager calls: steps',
  'rollout',
  'target: connections',
  'requests',
  'failed logins',
  'rotate: KB',
  'import ms',
  'retire: KB',
  'import ms',
];

/** One line for every kind in the registry: what one rotation costs by itself, and what its functions weigh. */
export function kindLines(report: RehearsalReport, functions: readonly FunctionMeasure[]): string[] {
  const rows = kindIds.map((kind) => {
    const rotation = report.rotations.find((each) => each.kind === kind);
    return [
      kind,
      ...costsOf(rotation),
      ...weightOf(functions, `keyturn-rotate-${kind}`),
      ...weightOf(functions, `keyturn-retire-${kind}`),
    ];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A kind that this machine has no target for was left out of the rehearsal, which said so. */
function costsOf(rotation: RotationReport | undefined): string[] {
  if (rotation === undefined) return ['-', '-', '-', '-', '-'];
  const { secretsManagerCalls: calls, targetWork } = rotation;
  const { connections, requests, failedLogins } = targetWork ?? {};
  return [calls.rotation, calls.rollout, connections, requests, failedLogins].map((number) => String(number ?? '-'));
}

function weightOf(functions: readonly FunctionMeasure[], functionName: string): [string, string] {
  const found = functions.find((each) => each.functionName === functionName);
  if (found === undefined) return ['-', '-'];
  const { kilobytesAtStart, kilobytesOnDemand, importMs } = found;
  return [
    kilobytesOnDemand === 0 ? `${kilobytesAtStart}` : `${kilobytesAtStart} + ${kilobytesOnDemand}`,
    `${importMs}`,
  ];
}
