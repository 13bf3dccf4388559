import type { Inventory } from '../inventory/types.ts';
import type { EcsService } from '../simulator/ecs/index.ts';
import type { Scheduler } from '../simulator/scheduler/scheduler.ts';
import type { SecretsManager } from '../simulator/services/secrets-manager/secrets-manager.ts';
import { ask, currentVersions, type Version } from './estates/buywhere/credentials.ts';
import { type Buywhere, startBuywhere } from './estates/buywhere/index.ts';
import { inspect } from './estates/buywhere/inspect.ts';
import type { Fault } from './faults/index.ts';
import { channelsOf } from './leaks/channels.ts';
import { findLeaks } from './leaks/search.ts';
import { secretTexts } from './leaks/secrets.ts';
import { type Load, startLoad } from './load/load.ts';
import { countDatabaseWork, parseDatabaseLog } from './report/database-log.ts';
import { judge, type Promised } from './report/promises.ts';
import type { RehearsalReport, RotationReport } from './report/report.ts';
import type { Screen } from './report/screen.ts';
import { countSecretsManagerCalls } from './report/secrets-manager-calls.ts';
import { renderReport } from './report/table.ts';
import { type Turn, type TurnWatch, watchTurns } from './report/turns.ts';

export interface RehearsalOptions {
  /** Divides every wait of the inventory. */
  timeScale: number;
  fault?: Fault;
  screen: Screen;
  /** Ends the run early; everything is closed before the rejection. */
  signal: AbortSignal;
}

/** To each service. 20 × 3 services × the 40 s of a short run = 2,400. */
const requestsPerSecond = 20;
/** With traffic and nothing else, before the schedule fires and after the last rollout has ended. */
const quietMs = 1_500;
/** A run that has not ended by then hangs. */
const longestMs = 240_000;

export interface Rehearsal {
  report: RehearsalReport;
  promised: Promised[];
}

/**
 * Rehearses one campaign on the sample estate, under constant load: both secrets turn, every service moves.
 * Leaves no process and no folder. @throws Error when the estate cannot be started; the signal's reason
 */
export async function rehearse(inventory: Inventory, options: RehearsalOptions): Promise<Rehearsal> {
  const { screen, signal, timeScale } = options;
  const estate = await startBuywhere(inventory, { timeScale, signal, say: screen.line });
  try {
    const rehearsal = await turnEverything(estate, options);
    screen.end();
    for (const line of ['', ...renderReport(rehearsal.report, rehearsal.promised)]) screen.plain(line);
    return rehearsal;
  } finally {
    await estate.close();
  }
}

async function turnEverything(estate: Buywhere, { fault, screen, signal }: RehearsalOptions): Promise<Rehearsal> {
  const { world, targets, settings, declared } = estate;
  const secrets = Object.keys(estate.inventory.secrets);
  const pause = async (ms: number) => {
    await world.clock.sleep(ms, signal);
    signal.throwIfAborted();
  };

  const before = currentVersions(estate, secrets);
  const watch = watchTurns(world, settings.rolloutMachineArn, secrets, (turn) => screen.phase(turn.secret, turn.phase));
  const load = startLoad({ targets, requestsPerSecond, phase: () => phasesOf(watch) });
  screen.count(load);
  screen.line(`${requestsPerSecond} requests a second to each of ${targets.map(({ service }) => service).join(', ')}`);
  try {
    await pause(quietMs);
    fault?.begin(estate);
    await fire(estate, screen);
    await ended(watch, pause);
    await pause(quietMs);
  } finally {
    await load.stop();
  }
  for (const failure of load.failures.slice(0, 5)) {
    screen.line(`failed: ${failure.service} ${failure.status ?? ''} ${failure.error} (${failure.phase})`);
  }

  screen.line('looking at every credential, label, view, record and log');
  return report(estate, { load, watch, before, expected: expectedOf(fault, declared, secrets), fault, screen });
}

function expectedOf(fault: Fault | undefined, declared: Buywhere['declared'], secrets: readonly string[]) {
  return fault?.expected(declared) ?? Object.fromEntries(secrets.map((secret) => [secret, 'retired' as const]));
}

function phasesOf({ turns }: TurnWatch): string {
  return turns.map(({ secret, phase }) => `${secret}: ${phase}`).join('; ');
}

/** Lets every policy's schedule fire as if its time had come. */
async function fire({ world, inventory }: Buywhere, screen: Screen): Promise<void> {
  for (const policy of new Set(Object.values(inventory.secrets).map((secret) => secret.policy))) {
    const schedule = `keyturn-${policy}`;
    screen.line(`the schedule ${schedule} fires`);
    const firing = await world.service<Scheduler>('scheduler').fire(schedule, new Date(world.nowMs()));
    if (!firing?.delivered) throw new Error(`the schedule ${schedule} was not delivered: ${firing?.message}`);
  }
}

/** Resolves when every secret's turn has a result. @throws Error when that takes too long. */
async function ended(watch: TurnWatch, pause: (ms: number) => Promise<void>): Promise<void> {
  const untilMs = Date.now() + longestMs;
  while (watch.turns.some(({ result }) => result === undefined)) {
    if (Date.now() > untilMs) throw new Error(`not ended after ${longestMs / 1000} s: ${phasesOf(watch)}`);
    await pause(100);
    watch.look();
  }
}
