import Table from 'cli-table3';
import type { LastResult, StatusRow } from './status-row.ts';
import { oneLine, type Terminal } from './terminal.ts';

const none = '';
/** No frames: what is for eyes is also for grep and awk. */
const plain = {
  ...{ top: none, 'top-mid': none, 'top-left': none, 'top-right': none },
  ...{ bottom: none, 'bottom-mid': none, 'bottom-left': none, 'bottom-right': none },
  ...{ left: none, 'left-mid': none, mid: none, 'mid-mid': none, right: none, 'right-mid': none, middle: '   ' },
};

/** The table's lines, and below it one line for each thing that a human should look at. */
export function statusTable(rows: readonly StatusRow[], colors: Terminal['colors']): string[] {
  if (rows.length === 0) return ['The inventory is empty.'];
  const table = new Table({
    head: ['SECRET', 'KIND', 'AGE', 'PHASE', 'LAST RESULT'].map((title) => colors.dim(title)),
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) {
    const age = row.overAge ? colors.red(ageOf(row)) : ageOf(row);
    table.push([row.secret, row.kind, age, coloured(phaseOf(row), row, colors), lastOf(row.lastResult)]);
  }
  const lines = table.toString().split('\n');
  const notes = rows.flatMap(({ secret, attention }) =>
    attention.map((note) => colors.yellow(`! ${secret}: ${oneLine(note)}`)),
  );
  return [...lines.map((line) => line.trimEnd()), ...(notes.length > 0 ? ['', ...notes] : [])];
}

/** `12 d of 35 d`, and by a mark, not by colour alone, that it is over. */
function ageOf({ ageSeconds, maximumAgeDays, overAge }: StatusRow): string {
  const age = ageSeconds === null ? '?' : spanOf(ageSeconds);
  return `${age} of ${maximumAgeDays} d${overAge ? ' !' : ''}`;
}

/** The largest unit that fits, rounded down. */
export function spanOf(seconds: number): string {
  if (seconds >= 86_400) return `${Math.floor(seconds / 86_400)} d`;
  if (seconds >= 3_600) return `${Math.floor(seconds / 3_600)} h`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds)} s`;
}

export function phaseOf({ phase, goingBack }: { phase: string; goingBack: boolean }): string {
  return goingBack && phase !== 'going back' ? `going back: ${phase}` : phase;
}

function coloured(text: string, { phase, goingBack }: StatusRow, colors: Terminal['colors']): string {
  if (phase === 'held' || phase === 'missing') return colors.red(text);
  if (goingBack) return colors.yellow(text);
  return phase === 'idle' ? text : colors.bold(text);
}

/** `retired 2026-11-01 03:12 UTC` */
function lastOf(last: LastResult | null): string {
  return last === null ? 'none yet' : `${last.result} ${last.at.slice(0, 10)} ${last.at.slice(11, 16)} UTC`;
}
