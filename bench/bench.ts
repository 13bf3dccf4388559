import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inventory } from '../bin/inventory.ts';
import { everyKind } from '../lib/rehearsal/estates/every-kind.ts';
import type { RehearsalReport } from '../lib/rehearsal/report/report.ts';
import { type Figure, isKept, lineOf } from './figures.ts';
import { functionFigures, measureFunctions } from './functions.ts';
import { kindLines } from './kinds.ts';
import { rehearsalFigures } from './rehearsal.ts';
import { resourceFigures } from './resources.ts';

/** Prints every promised number beside what was measured; exits with 1 when one is over. */
function print(title: string, figures: Figure[]): Figure[] {
  console.log(`\n${title}`);
  for (const figure of figures) console.log(lineOf(figure));
  return figures;
}

async function rehearsed(estate: string): Promise<RehearsalReport> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  const file = join(folder, 'report.json');
  try {
    execFileSync(process.execPath, ['bin/rehearse.ts', '--estate', estate, '--json', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return JSON.parse(await readFile(file, 'utf8')) as RehearsalReport;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const measures = await measureFunctions(everyKind);
const kinds = await rehearsed('kinds');
console.log('One rotation of each kind');
for (const line of kindLines(kinds, measures)) console.log(line);
const figures = [
  ...print('Functions', functionFigures(measures)),
  ...print('CloudFormation', await resourceFigures(inventory)),
  ...print('One secret of every kind, rehearsed', rehearsalFigures(kinds)),
  ...print('One campaign of BuyWhere, rehearsed', rehearsalFigures(await rehearsed('buywhere'))),
];
const over = figures.filter((figure) => !isKept(figure)).length;
console.log(`\n${figures.length - over} of ${figures.length} numbers hold.`);
process.exitCode = over === 0 ? 0 : 1;
