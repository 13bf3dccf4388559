#!/usr/bin/env node
import { KeyturnError } from '../lib/core/errors.ts';
import { keyturnApp } from '../lib/infra/app.ts';
import { inventory } from './inventory.ts';

try {
  (await keyturnApp(inventory)).synth();
} catch (error) {
  if (!(error instanceof KeyturnError)) throw error;
  // A mistake in the inventory is the engineer's to mend: no stack trace.
  console.error(error.message);
  process.exitCode = 1;
}
