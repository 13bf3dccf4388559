import { labels } from '../../core/labels.ts';
import { intentTag } from '../../core/rotation/orphans.ts';
import { templateOf } from '../../inventory/views.ts';
import type { EcsService } from '../../simulator/ecs/index.ts';
import type { S3 } from '../../simulator/services/s3/s3.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { TurnResult } from '../report/report.ts';
import type { Turn } from '../report/turns.ts';
import { ask, holderOf, type Version, valueIn } from './credentials.ts';
import type { Estate } from './estate.ts';
import { fill } from './fill.ts';

/** How one secret's turn ended. */
interface Ended {
  secret: string;
  result: TurnResult;
  /** The version that the rotation made, and the one that was current before. */
  versionId: string;
  before: string;
}

/** What is not as it should be after the turns, in words. Looks with none of Keyturn's code. */
export async function inspect(
  estate: Estate,
  turns: readonly Turn[],
  before: Readonly<Record<string, Version>>,
): Promise<string[]> {
  const faults = await serviceFaults(estate);
  for (const { secret, result = 'held', versionId = '' } of turns) {
    const ended: Ended = { secret, result, versionId, before: before[secret]?.versionId ?? '' };
    faults.push(...labelFaults(estate, ended), ...evidenceFaults(estate, ended));
    faults.push(...(await viewFaults(estate, ended)), ...(await targetFaults(estate, ended)));
  }
  return faults;
}

/** Every service has all its tasks, of one deployment, and says that it is well. */
async function serviceFaults({ world, services, targets }: Estate): Promise<string[]> {
  const ecs = world.service<EcsService>('ecs');
  const faults: string[] = [];
  for (const { name, service, cluster, healthPath } of services) {
    await ecs.steady(service, 5_000, cluster).catch((error: Error) => faults.push(error.message));
    const url = targets.find((target) => target.service === name)?.url;
    const { status } = await fetch(`${url}${healthPath}`);
    if (status !== 200) faults.push(`${name} is not well: ${status}`);
  }
  return faults;
}

/** The version that should be current now, and the one that had to go. */
function standingOf({ result, versionId, before }: Ended): { kept: string; gone: string } {
  return result === 'rolled-back' ? { kept: before, gone: versionId } : { kept: versionId, gone: before };
}

function labelFaults({ world }: Estate, turn: Ended): string[] {
  const manager = world.service<SecretsManager>('secretsmanager');
  const { secret } = turn;
  const faults: string[] = [];
  const [current, pending] = [labels.current, labels.pending].map((label) => holderOf(manager, secret, label));
  if (current !== standingOf(turn).kept) faults.push(`${secret}: ${labels.current} is on ${current}`);
  if (holderOf(manager, secret, labels.retiring) !== '') faults.push(`${secret}: ${labels.retiring} was left behind`);
  if (pending !== '' && pending !== current) faults.push(`${secret}: ${labels.pending} was left on ${pending}`);
  const found = manager.secrets().find(({ name }) => name === secret);
  if (found?.tags.has(intentTag)) faults.push(`${secret}: the tag ${intentTag} was left behind`);
  return faults;
}

function evidenceFaults({ world, settings }: Estate, { secret, versionId, result }: Ended): string[] {
  const { objects } = world.service<S3>('s3').bucket(settings.evidenceBucket);
  const records = [...objects.keys()].filter((key) => key.startsWith(`rollouts/${secret}/${versionId}/`));
  const [key, ...others] = records;
  if (key === undefined || others.length > 0) return [`${secret}: ${records.length} records of its rollout`];
  const body = objects.get(key)?.at(-1)?.body ?? '{}';
  const record = JSON.parse(body.toString()) as { result?: string };
  return record.result === result ? [] : [`${secret}: its record says ${record.result}`];
}

/** Every view is on the kept version, says what that version says, and the login in it is accepted. */
async function viewFaults(estate: Estate, turn: Ended): Promise<string[]> {
  const manager = estate.world.service<SecretsManager>('secretsmanager');
  const source = manager.value(turn.secret);
  const faults: string[] = [];
  for (const [view, declaration] of Object.entries(estate.inventory.secrets[turn.secret]?.views ?? {})) {
    const value = manager.value(view);
    if (turn.result === 'retired' && holderOf(manager, view) !== turn.versionId) {
      faults.push(`the view ${view} is not on version ${turn.versionId}`);
    }
    if (value !== fill(templateOf(declaration), source)) {
      faults.push(`the view ${view} does not say what its secret says`);
    }
    const login = loginIn(value, source);
    if (login !== undefined && (await ask(estate, turn.secret, login)) !== 'accepted') {
      faults.push(`${view} does not log in`);
    }
  }
  return faults;
}

/** The secret's value with the user name and password of a view that is a URL with a login in it. */
function loginIn(view: string, source: string): string | undefined {
  const url = URL.parse(view);
  if (url === null || url.password === '') return undefined;
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  return JSON.stringify({ ...JSON.parse(source), username, password });
}

async function targetFaults({ world, inventory, targetsOf }: Estate, turn: Ended): Promise<string[]> {
  const manager = world.service<SecretsManager>('secretsmanager');
  const declaration = inventory.secrets[turn.secret];
  const { kept, gone } = standingOf(turn);
  const value = valueIn(manager, turn.secret, kept);
  if (declaration === undefined || value === undefined || turn.result === 'held') return [];
  const outcome = { kept: value, gone: valueIn(manager, turn.secret, gone) };
  const faults = (await targetsOf(declaration.kind).faults?.({ name: turn.secret, declaration }, outcome)) ?? [];
  return faults.map((fault) => `${turn.secret}: ${fault}`);
}
