import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventually } from '../support/actors.ts';
import { folderFor } from './function-folder.ts';

const sandbox = fileURLToPath(new URL('../../../lib/simulator/lambda/sandbox.ts', import.meta.url));

const waiting = `
  export async function handler({ waitMs }) {
    if (waitMs) await new Promise((resolve) => setTimeout(resolve, waitMs));
    return process.pid;
  }`;

it.each([
  ['between two invocations', 'tell();'],
  [
    'in the middle of one',
    `one.invoke({ requestId: 's', payload: '{"waitMs":60000}', onDelivered: () => setTimeout(tell, 200) });`,
  ],
])('a function’s process ends by itself when the simulator was killed %s', async (_, then) => {
  const codeFolder = await folderFor(waiting);
  const definition = JSON.stringify({ arn: 'a', handler: 'index.handler', codeFolder, timeoutSeconds: 60 });
  const program = `
    import { startSandbox } from ${JSON.stringify(sandbox)};
    const environment = { _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: ${JSON.stringify(codeFolder)} };
    const one = await startSandbox(${definition}, environment, () => {});
    const { payload } = await one.invoke({ requestId: 'r', payload: '{}' });
    const tell = () => process.stdout.write(payload);
    ${then}`;
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
