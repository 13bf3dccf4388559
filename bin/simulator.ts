#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { CannotStart } from '../lib/rehearsal/estates/cannot-start.ts';
import { startEstate } from '../lib/rehearsal/estates/estate.ts';
import { whenInterrupted } from '../lib/rehearsal/interrupt.ts';
import { openScreen } from '../lib/rehearsal/report/screen.ts';
import { rehearsalTimeScale } from '../lib/rehearsal/time-scale.ts';
import { defaultEstate, type EstateToRehearse, estateNamed, estates } from './estates.ts';

const help = `npm run simulator -- [options]

Serves a simulated AWS on loopback, with the secrets and services of an estate and the synthesized app deployed to it,
until Ctrl-C. Nothing is rotated until somebody asks for it.

  --estate NAME one of ${Object.keys(estates).join(', ')}; default ${defaultEstate}
  --help        this text`;

process.exitCode = await main();

async function main(): Promise<number> {
  let source: EstateToRehearse;
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean' }, estate: { type: 'string' } } });
    source = estateNamed(values.estate ?? defaultEstate);
    if (values.help) {
      console.log(help);
      return 0;
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nSee --help.`);
    return 2;
  }
  const screen = openScreen(process.stdout);
  const signal = whenInterrupted();
  try {
    const estate = await startEstate(source.inventory, {
      region: source.region,
      timeScale: rehearsalTimeScale,
      signal,
      logsStatements: false,
      say: screen.line,
    });
    const { world, inventory: deployed } = estate;
    const { accessKeyId, secretAccessKey } = world.rootCredentials;
    screen.plain(`
Waits run 1:${estate.timeScale}. The credentials are those of the simulated account's root user:

  export AWS_ACCESS_KEY_ID=${accessKeyId}
  export AWS_SECRET_ACCESS_KEY=${secretAccessKey}
  export AWS_DEFAULT_REGION=${world.region}
  aws --endpoint-url ${world.endpoint} secretsmanager rotate-secret --secret-id ${Object.keys(deployed.secrets)[0]}
`);
    screen.line(`ready at ${world.endpoint} (Ctrl-C ends it)`);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await estate.close();
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    console.error(error instanceof CannotStart ? error.message : error);
    return 1;
  }
}
