import { text } from 'node:stream/consumers';
import { KeyturnError } from '../../core/errors.ts';
import { keyturnApp } from '../../infra/app.ts';
import type { Synthesis } from './synth.ts';

// The program that `synthesize` starts: a Synthesis on stdin, a cloud assembly in its folder.
const { inventory, timeScale, outdir } = JSON.parse(await text(process.stdin)) as Synthesis;
try {
  const app = await keyturnApp(inventory, { timeScale, outdir });
  app.synth();
} catch (error) {
  if (!(error instanceof KeyturnError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
