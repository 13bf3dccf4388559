import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Template } from '../../../lib/simulator/deploy/assembly.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-assembly-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A function's code as a bundle: `index.mjs` in a folder of its own. */
export function bundle(folder: string, name: string, source: string): string {
  const entry = join(folder, `${name}.ts`);
  writeFileSync(entry, source);
  const outfile = join(folder, name, 'index.mjs');
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', minify: true });
  return join(folder, name);
}

/** A cloud assembly as CDK lays it out, with templates written by hand; later stacks depend on earlier ones. */
export function assembly(templates: Record<string, Template>, environment = 'aws://unknown-account/unknown-region') {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const names = Object.keys(templates);
  const artifacts = names.map((name, index) => {
    const templateFile = `${name}.template.json`;
    writeFileSync(join(folder, templateFile), JSON.stringify(templates[name]));
    const dependencies = names.slice(0, index);
    return [name, { type: 'aws:cloudformation:stack', environment, dependencies, properties: { templateFile } }];
  });
  // The order in the manifest is not the order of deployment.
  const manifest = { version: '55.0.0', artifacts: Object.fromEntries(artifacts.reverse()) };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}
