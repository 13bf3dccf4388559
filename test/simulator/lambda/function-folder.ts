import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { FunctionDefinition } from '../../../lib/simulator/lambda/definition.ts';

const folders: string[] = [];

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A folder with the function's code as index.mjs, as an asset of a cloud assembly has it. Deleted after the tests. */
export async function folderFor(code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-lambda-'));
  folders.push(folder);
  await writeFile(join(folder, 'index.mjs'), code);
  return folder;
}

export function definitionOf(name: string, more: Partial<FunctionDefinition> = {}): FunctionDefinition {
  return {
    name,
    arn: `arn:aws:lambda:eu-central-1:123456789012:function:${name}`,
    roleArn: `arn:aws:iam::123456789012:role/${name}`,
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    codeFolder: '/nowhere',
    timeoutSeconds: 3,
    memoryMegabytes: 256,
    environment: {},
    architecture: 'arm64',
    description: '',
    logGroupName: `/aws/lambda/${name}`,
    reservedConcurrency: undefined,
    ...more,
  };
}
