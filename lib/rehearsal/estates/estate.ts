import { parseSettings, type Settings, settingsParameter } from '../../core/settings.ts';
import type { Inventory } from '../../inventory/types.ts';
import { deployAssembly } from '../../simulator/deploy/deploy.ts';
import { startSimulator } from '../../simulator/index.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Ssm } from '../../simulator/services/ssm/ssm.ts';
import type { BusEvent } from '../../simulator/types.ts';
import type { SimulatedWorld } from '../../simulator/world.ts';
import type { Target } from '../load/load.ts';
import type { Targets } from '../stand-ins/stand-in.ts';
import { setUpAccount } from './account.ts';
import { type AdminSecrets, createAdminSecrets } from './admin-secrets.ts';
import { atBalancers, atTargets, without } from './aim.ts';
import { CannotStart } from './cannot-start.ts';
import { createCertificateAuthority } from './certificates.ts';
import { type DeclaredService, secretsOf, servicesOf } from './declared.ts';
import { startServices, steady } from './ecs-services.ts';
import { makeScratch } from './scratch.ts';
import { synthesize } from './synth.ts';
import { leftOutOf, startTargets, titlesOf } from './targets.ts';

/** What an inventory describes, running on this machine with Keyturn deployed to its simulated account. */
export interface Estate {
  world: SimulatedWorld;
  /** As it was deployed: without what this machine cannot stand in for, aimed at what it can. */
  inventory: Inventory;
  services: readonly DeclaredService[];
  /** Of every wait. */
  timeScale: number;
  admins: AdminSecrets;
  /** What stands in for a kind's targets. */
  targetsOf(kind: string): Targets;
  kinds: readonly string[];
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

export interface EstateOptions {
  region: string;
  timeScale: number;
  /** So that what was done at the targets can be counted and searched. */
  logsStatements: boolean;
  /** Ends the start early. */
  signal: AbortSignal;
  /** Hears what is being started. */
  say(line: string): void;
}

/** Starts everything. Leaves nothing behind when it fails. @throws CannotStart, Error, and whatever `signal` was aborted with */
export async function startEstate(inventory: Inventory, options: EstateOptions): Promise<Estate> {
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
  declared: Inventory,
  { region, timeScale, logsStatements, signal, say }: EstateOptions,
  stops: (() => Promise<void>)[],
): Promise<Omit<Estate, 'close'>> {
  const scratch = await makeScratch();
  stops.push(scratch.remove);
  const leftOut = leftOutOf(declared);
  for (const { why, secrets } of leftOut) say(`left out: ${secrets.join(', ')}, because ${why}`);
  const source = without(declared, new Set(leftOut.flatMap(({ secrets }) => secrets)));
  if (Object.keys(source.secrets).length === 0) throw new CannotStart('the inventory has no secret to rehearse');

  say(`starting ${titlesOf(source).join(', ')} and a simulated AWS`);
  const world = await startSimulator({ region });
  stops.push(() => world.close());
  const events: (BusEvent & { atMs: number })[] = [];
  world.onEvent((event) => events.push({ ...event, atMs: world.nowMs() }));
  const authority = createCertificateAuthority('Rehearsal CA');
  const admins = createAdminSecrets();
  const { targetsOf, kinds } = await startTargets(source, { world, authority, admins, logsStatements }, stops);
  for (const what of kinds.flatMap((kind) => targetsOf(kind).leftOut ?? [])) say(`left out: ${what}`);
  signal.throwIfAborted();

  const aimed = atTargets(source, targetsOf);
  const services = servicesOf(aimed);
  say(`starting the services ${services.map(({ name }) => name).join(', ')}`);
  const firstValues = await Promise.all(
    secretsOf(source).map(async (secret) => {
      const firstValue = await targetsOf(secret.declaration.kind).credential(secret);
      return { name: secret.name, declaration: aimed.secrets[secret.name] ?? secret.declaration, firstValue };
    }),
  );
  const account = await setUpAccount(world, firstValues, admins);
  const targets = await startServices(services, { world, account, ca: authority.certificate, targetsOf });
  const originOf = (host: string) => targets.find(({ service }) => hostsOf(source, service).includes(host))?.url;
  for (const kind of kinds) targetsOf(kind).connect?.(originOf);
  signal.throwIfAborted();

  say('synthesizing the CDK app');
  const inventory = atBalancers(aimed, Object.fromEntries(targets.map(({ service, url }) => [service, url])));
  const assembly = await synthesize(inventory, timeScale, scratch.folder, signal);

  say('deploying its cloud assembly');
  await deployAssembly(world, assembly);
  await Promise.all([tested(world, Object.keys(inventory.secrets), signal), steady(world, services)]);
  const settings = parseSettings(world.service<Ssm>('ssm').get(settingsParameter));
  return { world, inventory, services, timeScale, admins, targetsOf, kinds, targets, assembly, settings, events };
}

/** Where the inventory has the consumer's checks. */
function hostsOf({ consumers }: Inventory, consumer: string): string[] {
  return (consumers[consumer]?.checks ?? []).map(({ config }) => new URL((config as { url: string }).url).host);
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
