import { labels } from '../../../core/labels.ts';
import { intentTag } from '../../../core/rotation/orphans.ts';
import type { EcsService } from '../../../simulator/ecs/index.ts';
import type { S3 } from '../../../simulator/services/s3/s3.ts';
import type { SecretsManager } from '../../../simulator/services/secrets-manager/secrets-manager.ts';
import type { TurnResult } from '../../report/report.ts';
import type { Turn } from '../../report/turns.ts';
import { fill } from './account.ts';
import { type Login, logIn } from './client.ts';
import { holderOf, type Version } from './credentials.ts';
import type { Buywhere } from './index.ts';

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
  estate: Buywhere,
  turns: readonly Turn[],
  before: Readonly<Record<string, Version>>,
): Promise<string[]> {
  const faults = await serviceFaults(estate);
  for (const { secret, result = 'held', versionId = '' } of turns) {
    const ended: Ended = { secret, result, versionId, before: before[secret]?.versionId ?? '' };
    faults.push(...labelFaults(estate, ended), ...evidenceFaults(estate, ended));
    if (secret === estate.declared.database.secret) {
      faults.push(...(await viewFaults(estate, ended)), ...(await databaseFaults(estate, ended)));
    }
  }
  return faults;
}

/** Every service has all its tasks, of one deployment, and says that it is well. */
async function serviceFaults({ world, declared, targets }: Buywhere): Promise<string[]> {
  const ecs = world.service<EcsService>('ecs');
  const faults: string[] = [];
  for (const { name, service, cluster, healthPath } of declared.services) {
    await ecs.steady(service, 5_000, cluster).catch((error: Error) => faults.push(error.message));
    const url = targets.find((target) => target.service === name)?.url;
    const { status } = await fetch(`${url}${healthPath}`);
    if (status !== 200) faults.push(`${name} is not well: ${status}`);
  }
  return faults;
}

/** The version that should be current now. */
function keptBy({ result, versionId, before }: Ended): string {
  return result === 'rolled-back' ? before : versionId;
}

function labelFaults({ world }: Buywhere, turn: Ended): string[] {
  const manager = world.service<SecretsManager>('secretsmanager');
  const { secret } = turn;
  const faults: string[] = [];
  const [current, pending] = [labels.current, labels.pending].map((label) => holderOf(manager, secret, label));
  if (current !== keptBy(turn)) faults.push(`${secret}: ${labels.current} is on ${current}`);
  if (holderOf(manager, secret, labels.retiring) !== '') faults.push(`${secret}: ${labels.retiring} was left behind`);
  if (pending !== '' && pending !== current) faults.push(`${secret}: ${labels.pending} was left on ${pending}`);
  const found = manager.secrets().find(({ name }) => name === secret);
  if (found?.tags.has(intentTag)) faults.push(`${secret}: the tag ${intentTag} was left behind`);
  return faults;
}

function evidenceFaults({ world, settings }: Buywhere, { secret, versionId, result }: Ended): string[] {
  const { objects } = world.service<S3>('s3').bucket(settings.evidenceBucket);
  const records = [...objects.keys()].filter((key) => key.startsWith(`rollouts/${secret}/${versionId}/`));
  const [key, ...others] = records;
  if (key === undefined || others.length > 0) return [`${secret}: ${records.length} records of its rollout`];
  const body = objects.get(key)?.at(-1)?.body ?? '{}';
  const record = JSON.parse(body.toString()) as { result?: string };
  return record.result === result ? [] : [`${secret}: its record says ${record.result}`];
}

/** Every view is on the kept version, and what it says logs in. */
async function viewFaults({ world, declared, database, inventory }: Buywhere, turn: Ended): Promise<string[]> {
  const manager = world.service<SecretsManager>('secretsmanager');
  const { username, password } = JSON.parse(manager.value(turn.secret)) as Login;
  const { target } = declared.database;
  const faults: string[] = [];
  for (const [view, declaration] of Object.entries(inventory.secrets[turn.secret]?.views ?? {})) {
    const template = typeof declaration === 'string' ? declaration : declaration.template;
    const value = manager.value(view);
    if (turn.result === 'retired' && holderOf(manager, view) !== turn.versionId) {
      faults.push(`the view ${view} is not on version ${turn.versionId}`);
    }
    const port = String(database.port);
    const said = fill(template, { host: database.host, port, dbname: target.database, username, password });
    if (value !== said) faults.push(`the view ${view} does not say what its secret says`);
    if (!URL.canParse(value)) continue;
    const url = new URL(value);
    const login = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    if ((await logIn(database, url.pathname.slice(1), login)) !== 'accepted') faults.push(`${view} does not log in`);
  }
  return faults;
}

/** Everything that the services made belongs to the base role, and nobody uses the login that had to go. */
async function databaseFaults({ declared, database }: Buywhere, turn: Ended): Promise<string[]> {
  const { target } = declared.database;
  const strangers = await database.server.sql(
    "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public' AND tableowner <> $1",
    [target.user],
    target.database,
  );
  const sessions = await database.server.sql('SELECT usename FROM pg_stat_activity WHERE usename LIKE $1', [
    `${target.user}%`,
  ]);
  const gone = turn.result === 'rolled-back' ? `${target.user}_clone` : target.user;
  return [
    ...strangers.map(({ tablename, tableowner }) => `the table ${tablename} belongs to ${tableowner}`),
    ...sessions.filter(({ usename }) => usename === gone).map(() => `a session of ${gone} is left`),
  ];
}
