import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventually } from '../support/actors.ts';
import { folderFor } from './function-folder.ts';

const sandbox = fileURLToPath(new URL('../../../lib/simulator/lambda/sandbox.ts', import.meta.url));

it('a function’s process ends by itself when the simulator was killed and could not end it', async () => {
  const codeFolder = await folderFor('export const handler = async () => process.pid;');
  const definition = JSON.stringify({ arn: 'a', handler: 'index.handler', codeFolder, timeoutSeconds: 3 });
  const program = `
    import { startSandbox } from ${JSON.stringify(sandbox)};
    const environment = { _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: ${JSON.stringify(codeFolder)} };
    const one = await startSandbox(${definition}, environment, () => {});
    process.stdout.write((await one.invoke({ requestId: 'r', payload: '{}' })).payload);`;
  const simulator = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  const [chunk] = (await once(simulator.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  expect(isAlive(pid)).toBe(true);
  simulator.kill('SIGKILL');
  await eventually(() => expect(isAlive(pid)).toBe(false));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
