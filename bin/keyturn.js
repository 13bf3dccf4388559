#!/usr/bin/env node
// Runs keyturn.ts on the Node that `npm ci` brought, whatever Node the machine has. Plain JavaScript, for old ones.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

if (existsSync(node)) {
  const script = fileURLToPath(new URL('keyturn.ts', import.meta.url));
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both processes; passing it on again does no harm, and `kill` reaches only this one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`keyturn: ${node} does not start: ${error.message}`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
} else {
  console.error(`keyturn: the Node that it runs on is missing; run "npm ci" in ${root}`);
  process.exitCode = 2;
}
