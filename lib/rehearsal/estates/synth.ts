import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Inventory } from '../../inventory/types.ts';
import { CannotStart } from './cannot-start.ts';

const program = fileURLToPath(new URL('./synth-process.ts', import.meta.url));

export interface Synthesis {
  inventory: Inventory;
  timeScale: number;
  outdir: string;
}

/**
 * Synthesizes the CDK app into `<folder>/cdk.out`, in a process of its own: it takes seconds in which nothing else
 * would be answered. What it leaves behind when it is interrupted is in `folder` too.
 * @throws CannotStart with what the synth printed: the inventory's mistakes, cdk-nag's findings
 */
export async function synthesize(
  inventory: Inventory,
  timeScale: number,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const synthesis: Synthesis = { inventory, timeScale, outdir: join(folder, 'cdk.out') };
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, TMPDIR: scratch },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => printed.push(text));
  // A process that is gone has said why in its exit.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(synthesis));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new CannotStart(`the CDK app could not be synthesized:\n${printed.join('').trim()}`);
  return synthesis.outdir;
}
