#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CannotStart } from '../lib/rehearsal/estates/cannot-start.ts';
import { type Fault, faultNamed, faults } from '../lib/rehearsal/faults/index.ts';
import { whenInterrupted } from '../lib/rehearsal/interrupt.ts';
import { rehearse } from '../lib/rehearsal/rehearse.ts';
import { openScreen } from '../lib/rehearsal/report/screen.ts';
import { rehearsalTimeScale as timeScale } from '../lib/rehearsal/time-scale.ts';
import { defaultEstate, type EstateToRehearse, estateNamed, estates } from './estates.ts';

const help = `npm run rehearse -- [options]

Turns every secret of an estate once, on this machine: the synthesized app on a simulated AWS, real servers, real
services under constant load. Exits with 1 when any promise was broken.

  --estate NAME what to turn; default ${defaultEstate}:
${lines(estates)}
  --json FILE   writes the figures
  --fault NAME  makes something go wrong; may be given more than once:
${lines(faults)}
  --help        this text`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (typeof options === 'string') {
    console.error(options);
    return 2;
  }
  if (options.help) {
    console.log(help);
    return 0;
  }
  const { inventory, region } = options.estate;
  const screen = openScreen(process.stdout);
  const signal = whenInterrupted();
  screen.plain(`Keyturn rehearsal: waits run 1:${timeScale}`);
  try {
    const { report, promised } = await rehearse(inventory, {
      region,
      timeScale,
      screen,
      signal,
      faults: options.faults,
    });
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    return promised.every(({ kept }) => kept) ? 0 : 1;
  } catch (error) {
    screen.end();
    if (signal.aborted) console.error('interrupted; everything is stopped');
    else console.error(error instanceof CannotStart ? error.message : error);
    return signal.aborted ? 130 : 1;
  }
}

interface Options {
  estate: EstateToRehearse;
  faults: Fault[];
  json?: string;
  help?: boolean;
}

function optionsOf(args: string[]): Options | string {
  try {
    const options = {
      estate: { type: 'string', default: defaultEstate },
      json: { type: 'string' },
      fault: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    } as const;
    const { values } = parseArgs({ args, options });
    const { estate, fault = [], ...rest } = values;
    return { ...rest, estate: estateNamed(estate), faults: [...new Set(fault)].map(faultNamed) };
  } catch (error) {
    return `${error instanceof Error ? error.message : error}\nSee --help.`;
  }
}

function lines(known: Readonly<Record<string, { title: string }>>): string {
  return Object.entries(known)
    .map(([name, { title }]) => `                ${name}: ${title}`)
    .join('\n');
}
