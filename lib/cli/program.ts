import { Command } from 'commander';
import type { Connection } from '../aws/connection.ts';
import type { Clock } from '../core/clock.ts';
import type { Account } from './account.ts';
import { type AdoptOptions, adopt } from './adopt/adopt.ts';
import { failureOf } from './failure.ts';
import type { Input } from './input.ts';
import { type ResumeOptions, resume } from './resume.ts';
import { type RollbackOptions, rollback } from './rollback.ts';
import { type RotateOptions, rotate } from './rotate.ts';
import { type StatusOptions, status } from './status.ts';
import { type SupplyOptions, supply } from './supply.ts';
import type { Terminal } from './terminal.ts';

export interface CliParts {
  terminal: Terminal;
  clock: Clock;
  version: string;
  env: NodeJS.ProcessEnv;
  /** Its calls end when the signal aborts. */
  accountOf(to: Connection, signal: AbortSignal): Account;
  onInterrupt(listener: () => void): () => void;
  input: Input;
}

interface GlobalOptions {
  endpointUrl?: string;
  region?: string;
  profile?: string;
  verbose?: boolean;
}

/** Runs one command line (without `node` and the script) and returns its exit code. Never rejects. */
export async function runCli(argv: readonly string[], parts: CliParts): Promise<number> {
  let exitCode = 0;
  const program = keyturn(parts, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.line !== undefined) parts.terminal.err(`keyturn: ${failure.line}`);
    if (program.opts<GlobalOptions>().verbose)
      for (const cause of failure.causes) parts.terminal.err(`  caused by: ${cause}`);
    return failure.exitCode;
  }
}

function keyturn(parts: CliParts, end: (exitCode: number) => void): Command {
  const { terminal, clock, onInterrupt } = parts;
  const interrupted = new AbortController();
  const program = new Command('keyturn')
    .description('Looks at and starts rotations. It never shows a secret’s value.')
    .version(parts.version)
    .option('--endpoint-url <url>', 'another AWS, such as the simulator (default: AWS_ENDPOINT_URL)')
    .option('--region <region>', 'the AWS Region (default: AWS_REGION or the profile’s)')
    .option('--profile <name>', 'the AWS profile (default: AWS_PROFILE)')
    .option('--verbose', 'also say what led to an error')
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'keyturn: ')),
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 fine; 1 it failed or is refused; 2 wrong usage, configuration or permission.',
    );
  const account = () => parts.accountOf(connectionOf(program.opts(), parts.env), interrupted.signal);

  program
    .command('status')
    .description('where secrets stand: age against policy, phase, last result')
    .argument('[secret...]', 'names or ARNs (default: every secret of the inventory)')
    .option('--json', 'print an array of objects')
    .option('--check', 'exit with 1 when a secret is over age, held, or needs attention otherwise')
    .addHelpText('after', examples('keyturn status', 'keyturn status --check', 'keyturn status buywhere/db/app --json'))
    .action(async (secrets: string[], options: StatusOptions) => {
      end(await status(secrets, options, { account: account(), clock, terminal }));
    });

  program
    .command('rotate')
    .description('rotate a secret now, outside its schedule')
    .argument('<secret>', 'name or ARN')
    .requiredOption('--reason <text>', 'why; it goes on record, with the caller’s ARN')
    .option('--emergency', 'it is compromised: end what is open, skip soak, grace and the gate "old unused"')
    .option('--accept-outage', 'with --emergency: disable first, before the consumers have moved')
    .option('--watch', 'follow the rollout to its end; Ctrl-C stops watching, not the rotation')
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      examples(
        'keyturn rotate buywhere/db/app --reason "an engineer left"',
        'keyturn rotate buywhere/db/app --reason "drill" --watch',
        'keyturn rotate buywhere/db/app --reason "found in a public repository" --emergency --watch',
      ),
    )
    .action(async (secret: string, options: RotateOptions) => {
      end(await rotate(secret, options, { account: account(), clock, terminal, interrupted, onInterrupt }));
    });

  program
    .command('supply')
    .description('bring a value that no API can make, and rotate to it')
    .argument('<secret>', 'name or ARN')
    .option('--identity <name>', 'its id or name where it was made, not secret')
    .option('--reason <text>', 'why; it goes on record, with the caller’s ARN (default: a new value was supplied)')
    .option('--no-rotate', 'let it wait for the next campaign')
    .option('--watch', 'follow the rollout to its end; Ctrl-C stops watching, not the rotation')
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      `\nThe value is asked for without showing it, or read from stdin; it cannot be an argument.\n${examples(
        'keyturn supply buywhere/ANTHROPIC --identity apikey_01Rj2N8SVvo6BePZj99NhmiT',
        'keyturn supply buywhere/ANTHROPIC --no-rotate < key.txt',
      )}`,
    )
    .action(async (secret: string, options: SupplyOptions) => {
      end(
        await supply(secret, options, {
          account: account(),
          clock,
          terminal,
          interrupted,
          onInterrupt,
          input: parts.input,
        }),
      );
    });

  program
    .command('adopt')
    .description('take over an existing secret: what it is, its inventory entry, what its target needs')
    .argument('<secret>', 'name or ARN')
    .option('--apply', 'also make the secret and the tag that the entry needs; overwrites nothing')
    .option('--as <name>', 'the name of the secret that is made, where the adopted one becomes its view')
    .option('--policy <name>', 'the policy in the entry', 'monthly')
    .option('--set <name=value>', 'a field of the target that only you know; may be repeated', collect, [])
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      examples(
        'keyturn adopt buywhere/DATABASE_URL',
        'keyturn adopt buywhere/DATABASE_URL --set adminSecret=buywhere/db-admin --as buywhere/db --apply',
      ),
    )
    .action(async (secret: string, options: AdoptOptions) => {
      end(await adopt(secret, options, { account: account(), terminal }));
    });

  program
    .command('resume')
    .description('find the way out of a hold, and take it')
    .argument('<secret>', 'name or ARN')
    .option('--dry-run', 'say what it would do, and do nothing')
    .option('--watch', 'follow the rollout to its end; Ctrl-C stops watching, not the rollout')
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      examples('keyturn resume buywhere/db/app --dry-run', 'keyturn resume buywhere/db/app --watch'),
    )
    .action(async (secret: string, options: ResumeOptions) => {
      end(await resume(secret, options, { account: account(), clock, terminal, interrupted, onInterrupt }));
    });

  program
    .command('rollback')
    .description('take an open or held rollout back to the credential before')
    .argument('<secret>', 'name or ARN')
    .requiredOption('--reason <text>', 'why; it goes on record, with the caller’s ARN')
    .option('--watch', 'follow the rollout to its end; Ctrl-C stops watching, not the rollout')
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', examples('keyturn rollback buywhere/db/app --reason "errors since 03:12" --watch'))
    .action(async (secret: string, options: RollbackOptions) => {
      end(await rollback(secret, options, { account: account(), clock, terminal, interrupted, onInterrupt }));
    });
  return program;
}

/** The SDK reads AWS_REGION alone; the `aws` command line also AWS_DEFAULT_REGION, and so does who is used to it. */
function connectionOf({ endpointUrl, region, profile }: GlobalOptions, env: NodeJS.ProcessEnv): Connection {
  const there = region ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION']);
  return {
    ...(endpointUrl && { endpoint: endpointUrl }),
    ...(there && { region: there }),
    ...(profile && { profile }),
  };
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function examples(...lines: string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ npx ${line}`)].join('\n');
}
