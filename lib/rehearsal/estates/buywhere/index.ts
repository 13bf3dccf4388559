import { parseSettings, type Settings, settingsParameter } from '../../../core/settings.ts';
import type { Inventory } from '../../../inventory/types.ts';
import { deployAssembly } from '../../../simulator/deploy/deploy.ts';
import { startSimulator } from '../../../simulator/index.ts';
import type { SecretsManager } from '../../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Ssm } from '../../../simulator/services/ssm/ssm.ts';
import type { BusEvent } from '../../../simulator/types.ts';
import type { SimulatedWorld } from '../../../simulator/world.ts';
import type { Target } from '../../load/load.ts';
import { CannotStart } from '../cannot-start.ts';
import { makeScratch } from '../scratch.ts';
import { synthesize } from '../synth.ts';
import { type Account, setUpAccount } from './account.ts';
import { type Database, setUpDatabase, startDatabaseServer } from './database.ts';
import { type Declared, readDeclared } from './declared.ts';
import { atBalancers, atDatabase } from './inventory.ts';
import { startServices, steady } from './services.ts';

/** The sample estate, running on this machine with Keyturn deployed to its simulated account. */
export interface Buywhere {
  world: SimulatedWorld;
  /** As it was deployed, and what the estate made of it. */
  declared: Declared;
  inventory: Inventory;
  /** Of every wait. */
  timeScale: number;
  database: Database;
  account: Account;
  /** Every service's balancer. */
  targets: readonly Target[];
  /** The synthesized cloud assembly. */
  assembly: string;
  settings: Settings;
  /** Every event on the account's bus so far. */
  events: readonly (BusEvent & { atMs: number })[];
  /** Leaves no process and no folder. */
  close(): Promise<void>;
}

export interface BuywhereOptions {
  timeScale: number;
  /** So that what was done at the database can be counted and searched. */
  logsStatements: boolean;
  /** Ends the start early. */
  signal: AbortSignal;
  /** Hears what is being started. */
  say(line: string): void;
}

/** Starts everything. Leaves nothing behind when it fails. @throws Error, and whatever `signal` was aborted with */
export async function startBuywhere(inventory: Inventory, options: BuywhereOptions): Promise<Buywhere> {
  const stops: (() => Promise<void>)[] = [];
  async function close(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop().catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'the estate did not close cleanly');
  }
  try {
    return { ...(await build(inventory, options, stops)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  source: Inventory,
  { timeScale, logsStatements, signal, say }: BuywhereOptions,
  stops: (() => Promise<void>)[],
): Promise<Omit<Buywhere, 'close'>> {
  const scratch = await makeScratch();
  stops.push(scratch.remove);

  say('starting PostgreSQL and a simulated AWS');
  const place = await startDatabaseServer(logsStatements);
  stops.push(() => place.server.stop());
  const atPlace = atDatabase(source, place);
  const declared = readDeclared(atPlace);
  const database = { ...place, ...(await setUpDatabase(place.server, declared.database.target)) };
  const world = await startSimulator();
  stops.push(() => world.close());
  const events: (BusEvent & { atMs: number })[] = [];
  world.onEvent((event) => events.push({ ...event, atMs: world.nowMs() }));
  signal.throwIfAborted();

  say(`starting the services ${declared.services.map(({ name }) => name).join(', ')}`);
  const account = await setUpAccount(world, declared, database);
  const targets = await startServices(world, declared, database, account);
  signal.throwIfAborted();

  say('synthesizing the CDK app');
  const urls = Object.fromEntries(targets.map(({ service, url }) => [service, url]));
  const inventory = atBalancers(atPlace, urls);
  const assembly = await synthesize(inventory, timeScale, scratch.folder, signal);

  say('deploying its cloud assembly');
  await deployAssembly(world, assembly);
  await Promise.all([tested(world, Object.keys(inventory.secrets), signal), steady(world, declared)]);
  const settings = parseSettings(world.service<Ssm>('ssm').get(settingsParameter));
  return { world, declared, inventory, timeScale, database, account, targets, assembly, settings, events };
}

/**
 * Deploying makes Secrets Manager run testSecret once for each secret: resolves when every one has passed.
 * @throws CannotStart with what the function answered
 */
async function tested(world: SimulatedWorld, secrets: readonly string[], signal: AbortSignal): Promise<void> {
  const manager = world.service<SecretsManager>('secretsmanager');
  const outcomeOf = (secret: string) =>
    manager.rotations.find(
      ({ secretArn, event }) => secretArn === manager.arn(secret) && /^TestRotation(Succeeded|Failed)$/.test(event),
    );
  for (const secret of secrets) {
    let outcome = outcomeOf(secret);
    for (; outcome === undefined; outcome = outcomeOf(secret)) {
      await world.clock.sleep(50, signal);
      signal.throwIfAborted();
    }
    if (outcome.event === 'TestRotationFailed') {
      throw new CannotStart(`the rotation of ${secret} is not configured as it should be: ${outcome.reason}`);
    }
  }
}
