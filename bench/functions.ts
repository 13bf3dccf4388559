import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleSources, withBundles } from '../lib/infra/bundles.ts';
import type { Inventory } from '../lib/inventory/types.ts';
import type { Figure } from './figures.ts';

const runs = 15;

/** How long a fresh Node, once it is up, takes to load a module; the fastest of several, since other work only adds. */
function importMs(file: string): number {
  const url = JSON.stringify(pathToFileURL(file).href);
  const statement = `const from = performance.now(); await import(${url}); console.log(performance.now() - from)`;
  // What a function's environment has when its module is loaded.
  const env = { PATH: process.env['PATH'], AWS_REGION: 'eu-central-1', FUNCTIONS: '{}' };
  const once = () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', statement], { env, encoding: 'utf8' }));
  return Math.min(...Array.from({ length: runs }, once));
}

/** Size and import time of every function's bundle. */
export async function functionFigures(inventory: Inventory): Promise<Figure[]> {
  return await withBundles(bundleSources(inventory), (bundles) =>
    bundles.flatMap(({ functionName, folder, bytesAtStart, bytesOnDemand }) => {
      return [
        {
          what: `${functionName}: read at start (and ${kilobytes(bytesOnDemand)} KB on demand), KB`,
          value: kilobytes(bytesAtStart),
          limit: 450,
        },
        {
          what: `${functionName}: import over bare Node, ms`,
          value: Math.round(importMs(join(folder, 'index.mjs'))),
          limit: 60,
        },
      ];
    }),
  );
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}
