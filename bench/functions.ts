import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleSources, withBundles } from '../lib/infra/bundles.ts';
import type { Inventory } from '../lib/inventory/types.ts';
import type { Figure } from './figures.ts';

const runs = 15;

/** What one function's bundle weighs, and how long it takes to load. */
export interface FunctionMeasure {
  functionName: string;
  kilobytesAtStart: number;
  kilobytesOnDemand: number;
  importMs: number;
}

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

export async function measureFunctions(inventory: Inventory): Promise<FunctionMeasure[]> {
  return await withBundles(bundleSources(inventory), (bundles) =>
    bundles.map(({ functionName, folder, bytesAtStart, bytesOnDemand }) => ({
      functionName,
      kilobytesAtStart: kilobytes(bytesAtStart),
      kilobytesOnDemand: kilobytes(bytesOnDemand),
      importMs: Math.round(importMs(join(folder, 'index.mjs'))),
    })),
  );
}

/** Size and import time of every function's bundle, with the design's limits. */
export function functionFigures(measures: readonly FunctionMeasure[]): Figure[] {
  return measures.flatMap(({ functionName, kilobytesAtStart, kilobytesOnDemand, importMs: value }) => [
    {
      what: `${functionName}: read at start (and ${kilobytesOnDemand} KB on demand), KB`,
      value: kilobytesAtStart,
      limit: 450,
    },
    { what: `${functionName}: import over bare Node, ms`, value, limit: 60 },
  ]);
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}
