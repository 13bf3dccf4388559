import type { Inventory } from '../inventory/types.ts';
import type { Scheduler } from '../simulator/scheduler/scheduler.ts';
import { currentVersions } from './estates/credentials.ts';
import type { DeclaredService } from './estates/declared.ts';
import { type Estate, startEstate } from './estates/estate.ts';
import { inspect } from './estates/inspect.ts';
import { beginAll, type Expectation, type Fault, type Outage } from './faults/index.ts';
import { leaksOf } from './leaks/leaks-of.ts';
import { type Failure, type Load, startLoad } from './load/load.ts';
import { assemble, type Before } from './report/assemble.ts';
import { type Findings, judge, type Promised } from './report/promises.ts';
import type { RehearsalReport } from './report/report.ts';
import type { Screen } from './report/screen.ts';
import { renderReport } from './report/table.ts';
import { type Turn, type TurnWatch, watchTurns } from './report/turns.ts';

export interface RehearsalOptions {
  region: string;
  /** Divides every wait of the inventory. */
  timeScale: number;
  /** What goes wrong. */
  faults: readonly Fault[];
  screen: Screen;
  /** Ends the run early; everything is closed before the rejection. */
  signal: AbortSignal;
}

/** To all services together: what two cores answer beside everything else that a rehearsal runs. */
const requestsPerSecond = 36;
/** With traffic and nothing else, before the schedule fires and after the last rollout has ended. */
const quietMs = 1_500;
/** Of the turns; what has not ended by then is held. */
const longestMs = 300_000;
/** Of one sort of bad news. */
const mostLines = 5;

export interface Rehearsal {
  report: RehearsalReport;
  promised: Promised[];
}

/**
 * Rehearses every campaign of an inventory, under constant load: all secrets turn, every service moves.
 * Leaves no process and no folder. @throws Error when the estate cannot be started; the signal's reason
 */
export async function rehearse(inventory: Inventory, options: RehearsalOptions): Promise<Rehearsal> {
  const { screen, signal, timeScale, region } = options;
  const say = screen.line;
  const estate = await startEstate(inventory, { region, timeScale, signal, logsStatements: true, say });
  try {
    const rehearsal = await turnEverything(estate, options);
    screen.end();
    for (const line of ['', ...renderReport(rehearsal.report, rehearsal.promised)]) screen.plain(line);
    return rehearsal;
  } finally {
    await estate.close();
  }
}

async function turnEverything(estate: Estate, { faults, screen, signal }: RehearsalOptions): Promise<Rehearsal> {
  const { world, targets, services, settings } = estate;
  const secrets = Object.keys(estate.inventory.secrets);
  const pause = async (ms: number) => {
    await world.clock.sleep(ms, signal);
    signal.throwIfAborted();
  };

  const before = currentVersions(estate, secrets);
  const watch = watchTurns(world, settings.rolloutMachineArn, secrets, (turn) => screen.phase(turn.secret, turn.phase));
  const load = startLoad({
    targets,
    requestsPerSecond: requestsPerSecond / targets.length,
    phase: () => phasesOf(watch),
  });
  screen.count(load);
  screen.line(`${requestsPerSecond} requests a second to ${targets.map(({ service }) => service).join(', ')}`);
  let expectation: Expectation = { results: {} };
  try {
    await pause(quietMs);
    expectation = beginAll(faults, estate);
    for (const kind of estate.kinds) await estate.targetsOf(kind).attend?.();
    await fire(estate, screen);
    await ended(watch, pause);
    await pause(quietMs);
  } finally {
    await load.stop();
  }

  screen.line('looking at every credential, label, view, record and log');
  const expected = Object.fromEntries(
    secrets.map((secret) => [secret, expectation.results[secret] ?? ('retired' as const)]),
  );
  const campaigns = faults.length > 0 ? {} : campaignsOf(estate);
  const alone = secrets.filter((secret) => !services.some((service) => shares(service, secret)));
  const interrupted = expectation.interrupted ?? false;
  const missed = expectation.missed?.() ?? [];
  const outages = expectation.outages?.();
  return lookBack(estate, {
    load,
    turns: watch.turns,
    before,
    expected,
    campaigns,
    alone,
    interrupted,
    missed,
    outages,
    screen,
  });
}

interface Run extends Pick<Findings, 'expected' | 'campaigns' | 'alone' | 'interrupted'> {
  missed: readonly string[];
  outages: readonly Outage[] | undefined;
  load: Load;
  turns: readonly Turn[];
  before: Before;
  screen: Screen;
}

/** Says what went wrong, line by line, on the way to the report. */
async function lookBack(
  estate: Estate,
  { load, turns, before, screen, missed, outages, ...run }: Run,
): Promise<Rehearsal> {
  const failures = load.failures.filter((failure) => !outages?.some((outage) => explains(outage, failure)));
  for (const { service, status, error, phase } of failures.slice(0, mostLines)) {
    screen.line(`failed: ${service}: ${status === undefined ? '' : `${status} `}${error} (${phase})`);
  }
  for (const { secret, reason } of turns) if (reason !== undefined) screen.line(`${secret}: ${reason}`);
  // Before our own questions about dead credentials.
  const figures = await assemble(estate, turns, before);
  const faults = [...missed, ...(await inspect(estate, turns, before))];
  const leaks = await leaksOf(estate, screen.everything());
  for (const { secret, form, channel, offset } of leaks.slice(0, mostLines)) {
    screen.line(`found: the ${secret}, ${form}, in ${channel} at character ${offset}`);
  }
  const requests = {
    sent: load.sent,
    failed: failures.length,
    ...(outages && { unanswerable: load.failures.length - failures.length }),
  };
  const report: RehearsalReport = { requests, ...figures, leaks: leaks.length };
  return { report, promised: judge(report, { ...run, faults }) };
}

/** Whether the request was under way while its service could not be expected to answer. */
function explains({ services, fromMs, toMs }: Outage, { service, dueAtMs, atMs }: Failure): boolean {
  return services.includes(service) && dueAtMs <= toMs && atMs >= fromMs;
}

function campaignsOf({ services }: Estate): Record<string, number> {
  return Object.fromEntries(
    services.map(({ name, secrets }) => [name, new Set(secrets.map(({ declaration }) => declaration.policy)).size]),
  );
}

/** Whether a service uses the secret and another. */
function shares({ secrets }: DeclaredService, secret: string): boolean {
  return secrets.length > 1 && secrets.some(({ name }) => name === secret);
}

function phasesOf({ turns }: TurnWatch): string {
  return turns.map(({ secret, phase }) => `${secret}: ${phase}`).join('; ');
}

/** Lets every policy's schedule fire as if its time had come. */
async function fire({ world, inventory }: Estate, screen: Screen): Promise<void> {
  for (const policy of new Set(Object.values(inventory.secrets).map((secret) => secret.policy))) {
    const schedule = `keyturn-${policy}`;
    screen.line(`the schedule ${schedule} fires`);
    const firing = await world.service<Scheduler>('scheduler').fire(schedule, new Date(world.nowMs()));
    if (!firing?.delivered) throw new Error(`the schedule ${schedule} was not delivered: ${firing?.message}`);
  }
}

/** Resolves when every secret's turn has a result. */
async function ended(watch: TurnWatch, pause: (ms: number) => Promise<void>): Promise<void> {
  const untilMs = Date.now() + longestMs;
  while (watch.turns.some(({ result }) => result === undefined)) {
    if (Date.now() > untilMs) return watch.giveUp(`not ended after ${longestMs / 1000} s`);
    await pause(100);
    watch.look();
  }
}
