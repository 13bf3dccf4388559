import { accountOf } from '../lib/cli/account.ts';
import { inputOf } from '../lib/cli/input.ts';
import { runCli } from '../lib/cli/program.ts';
import { terminalOf } from '../lib/cli/terminal.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import packageJson from '../package.json' with { type: 'json' };

// `keyturn status | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: terminalOf(process.stdout, process.stderr, process.env),
  clock: systemClock,
  version: packageJson.version,
  env: process.env,
  accountOf,
  input: inputOf(process.stdin, process.stderr),
  onInterrupt(listener) {
    process.on('SIGINT', listener);
    return () => process.off('SIGINT', listener);
  },
});
