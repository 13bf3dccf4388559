import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Trial, trials } from './trials.ts';

/** What vitest's JSON reporter writes, as far as it is looked at. */
interface Report {
  numTotalTests: number;
  testResults: { name: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((id) => !trials.some((trial) => trial.id === id));
if (unknown.length > 0) {
  console.error(`there is no trial ${unknown.join(', ')}; there are ${trials.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

let green = 0;
for (const trial of trials.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  const { red, of } = tryOut(trial);
  console.log(`${trial.id}: ${trial.what}: ${red.length} of ${of} tests turn red`);
  for (const name of red) console.log(`  ${name}`);
  if (red.length === 0) green += 1;
}
process.exitCode = green === 0 ? 0 : 1;

function tryOut({ id, suites, kinds }: Trial): { red: string[]; of: number } {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-trial-'));
  try {
    const file = join(folder, 'report.json');
    const crash = kinds.map((kind) => `test/kinds/${kind}/crash.test.ts`);
    const args = ['vitest', 'run', '--config', 'vitest.trials.config.ts', '--reporter=json', `--outputFile=${file}`];
    const env = { ...process.env, TRIAL: id };
    const { stderr } = spawnSync('npx', [...args, ...suites, ...crash], { env, encoding: 'utf8' });
    const report = readReport(file, stderr);
    const red = report.testResults.flatMap(({ name, message, assertionResults }) => {
      // A file that does not load proves nothing.
      if (assertionResults.length === 0) throw new Error(`${name} did not run: ${message}`);
      return assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    });
    return { red, of: report.numTotalTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string, stderr: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch (cause) {
    throw new Error(`vitest wrote no report: ${stderr.slice(-2000)}`, { cause });
  }
}
