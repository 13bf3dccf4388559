import type { EcsService } from '../../simulator/ecs/index.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import { ask, type Version } from '../estates/buywhere/credentials.ts';
import type { Buywhere } from '../estates/buywhere/index.ts';
import { countDatabaseWork, type DatabaseWork, parseDatabaseLog } from './database-log.ts';
import type { RehearsalReport, RotationReport } from './report.ts';
import { countSecretsManagerCalls } from './secrets-manager-calls.ts';
import type { Turn } from './turns.ts';

/** Current versions by secret, from before the campaign. */
export type Before = Readonly<Record<string, Version>>;

/** The figures of everything but the requests and the leaks. Asks every target about every credential. */
export async function assemble(
  estate: Buywhere,
  turns: readonly Turn[],
  before: Before,
): Promise<Pick<RehearsalReport, 'rotations' | 'restarts' | 'deniedCalls'>> {
  const { world, declared } = estate;
  const ecs = world.service<EcsService>('ecs');
  return {
    rotations: await Promise.all(turns.map((turn) => assembleRotation(estate, turn, before[turn.secret]))),
    restarts: Object.fromEntries(
      declared.services.map(({ name, service, cluster }) => [name, ecs.restarts(service, cluster)]),
    ),
    deniedCalls: world.calls.filter(({ denied }) => denied).length,
  };
}

async function assembleRotation(estate: Buywhere, turn: Turn, old: Version | undefined): Promise<RotationReport> {
  const { world, inventory, declared } = estate;
  const { secret, secretArn, versionId, result = 'held', stateTransitions } = turn;
  const declaration = inventory.secrets[secret];
  const kind = declaration?.kind ?? 'unknown';
  const manager = world.service<SecretsManager>('secretsmanager');
  const accepts = async (value: string | undefined) =>
    value !== undefined && (await ask(estate, secret, value)) === 'accepted';
  return {
    secret,
    kind,
    result,
    overlapSeconds: overlapOf(estate, turn),
    oldRefused: !(await accepts(old?.value)),
    newAccepted: await accepts(valueIfAny(manager, secret, versionId)),
    secretsManagerCalls: countSecretsManagerCalls(world.calls, {
      kind,
      secretArn,
      fromMs: turn.rotationFromMs ?? 0,
      otherArns: secret === declared.database.secret ? [manager.arn(declared.database.target.adminSecret)] : [],
      viewArns: Object.keys(declaration?.views ?? {}).map((view) => manager.arn(view)),
    }),
    ...(await databaseWorkOf(estate, turn)),
    stateTransitions,
  };
}

/** From the event of the promotion on. */
function overlapOf({ events }: Buywhere, { versionId, refusedAtMs }: Turn): number | null {
  const promotion = events.find(
    ({ detail }) => detail['versionId'] === versionId && detail['labelUpdated'] === 'AWSCURRENT',
  );
  return promotion === undefined || refusedAtMs === undefined ? null : (refusedAtMs - promotion.atMs) / 1000;
}

/** A rotation that failed may have made a version that never got a value. */
function valueIfAny(manager: SecretsManager, secret: string, versionId: string | undefined): string | undefined {
  const version = manager
    .secrets()
    .find(({ name }) => name === secret)
    ?.versions.get(versionId ?? '');
  return version?.data && 'SecretString' in version.data ? version.data.SecretString : undefined;
}

async function databaseWorkOf({ database, declared }: Buywhere, turn: Turn): Promise<DatabaseWork> {
  const { rotationFromMs: fromMs, rotationToMs: toMs = Date.now() } = turn;
  if (turn.secret !== declared.database.secret || fromMs === undefined) {
    return { failedLogins: 0, databaseConnections: 0, databaseStatements: 0 };
  }
  return countDatabaseWork(parseDatabaseLog(await database.server.log()), { fromMs, toMs });
}
