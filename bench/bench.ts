import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inventory } from '../bin/inventory.ts';
import { type Figure, isKept, lineOf } from './figures.ts';
import { functionFigures } from './functions.ts';
import { rehearsalFigures } from './rehearsal.ts';
import { resourceFigures } from './resources.ts';

/** Prints every promised number beside what was measured; exits with 1 when one is over. */
function print(title: string, figures: Figure[]): Figure[] {
  console.log(`\n${title}`);
  for (const figure of figures) console.log(lineOf(figure));
  return figures;
}

async function rehearsed() {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  const file = join(folder, 'report.json');
  try {
    execFileSync(process.execPath, ['bin/rehearse.ts', '--json', file], { stdio: ['ignore', 'ignore', 'inherit'] });
    return JSON.parse(await readFile(file, 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const figures = [
  ...print('Functions', await functionFigures(inventory)),
  ...print('CloudFormation', await resourceFigures(inventory)),
  ...print('One campaign, rehearsed', rehearsalFigures(await rehearsed())),
];
const over = figures.filter((figure) => !isKept(figure)).length;
console.log(`\n${figures.length - over} of ${figures.length} numbers hold.`);
process.exitCode = over === 0 ? 0 : 1;
