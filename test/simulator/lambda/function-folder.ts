import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FunctionDefinition } from '../../../lib/simulator/lambda/definition.ts';

/** A folder with the function's code as index.mjs, as an asset of a cloud assembly has it. Deleted after the test. */
export async function functionFolder(code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-lambda-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'index.mjs'), code);
  return folder;
}

export async function definitionOf(
  name: string,
  code: string,
  more: Partial<FunctionDefinition> = {},
): Promise<FunctionDefinition> {
  return {
    name,
    arn: `arn:aws:lambda:eu-central-1:123456789012:function:${name}`,
    roleArn: `arn:aws:iam::123456789012:role/${name}`,
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    codeFolder: await functionFolder(code),
    timeoutSeconds: 3,
    memoryMegabytes: 256,
    environment: {},
    architecture: 'arm64',
    description: '',
    reservedConcurrency: undefined,
    ...more,
  };
}
