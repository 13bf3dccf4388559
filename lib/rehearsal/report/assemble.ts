import type { SecretDeclaration } from '../../inventory/types.ts';
import { factsOf } from '../../kinds/registry.ts';
import type { EcsService } from '../../simulator/ecs/index.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import { ask, type Version, valueIn } from '../estates/credentials.ts';
import type { Estate } from '../estates/estate.ts';
import type { RehearsalReport, RotationReport, TargetWork } from './report.ts';
import { countSecretsManagerCalls } from './secrets-manager-calls.ts';
import type { Turn } from './turns.ts';

/** Current versions by secret, from before the campaign. */
export type Before = Readonly<Record<string, Version>>;

/** The figures of everything but the requests and the leaks. Asks every target about every credential. */
export async function assemble(
  estate: Estate,
  turns: readonly Turn[],
  before: Before,
): Promise<Pick<RehearsalReport, 'rotations' | 'restarts' | 'deniedCalls'>> {
  const { world, services } = estate;
  const ecs = world.service<EcsService>('ecs');
  return {
    rotations: await Promise.all(turns.map((turn) => assembleRotation(estate, turn, before[turn.secret]))),
    restarts: Object.fromEntries(services.map(({ name, service, cluster }) => [name, ecs.restarts(service, cluster)])),
    deniedCalls: world.calls.filter(({ denied }) => denied).length,
  };
}

async function assembleRotation(estate: Estate, turn: Turn, old: Version | undefined): Promise<RotationReport> {
  const { world, inventory } = estate;
  const { secret, secretArn, versionId, result = 'held', stateTransitions } = turn;
  const declaration = inventory.secrets[secret];
  if (declaration === undefined) throw new Error(`the estate has no secret ${secret}`);
  const { kind } = declaration;
  const facts = factsOf(kind);
  const admin = facts.adminSecretOf(facts.parseTarget(declaration.target));
  const manager = world.service<SecretsManager>('secretsmanager');
  const accepts = async (value: string | undefined) =>
    value !== undefined && (await ask(estate, secret, value)) === 'accepted';
  return {
    secret,
    kind,
    result,
    overlapSeconds: overlapOf(estate, turn),
    oldRefused: !(await accepts(old?.value)),
    newAccepted: await accepts(valueIn(manager, secret, versionId)),
    secretsManagerCalls: countSecretsManagerCalls(world.calls, {
      kind,
      secretArn,
      fromMs: turn.rotationFromMs ?? 0,
      otherArns: admin === undefined ? [] : [manager.arn(admin)],
      viewArns: Object.keys(declaration.views ?? {}).map((view) => manager.arn(view)),
    }),
    targetWork: (await workOf(estate, turn, declaration)) ?? null,
    views: Object.keys(declaration.views ?? {}),
    stateTransitions,
  };
}

/** From the event of the promotion on. */
function overlapOf({ events }: Estate, { versionId, refusedAtMs }: Turn): number | null {
  const promotion = events.find(
    ({ detail }) => detail['versionId'] === versionId && detail['labelUpdated'] === 'AWSCURRENT',
  );
  return promotion === undefined || refusedAtMs === undefined ? null : (refusedAtMs - promotion.atMs) / 1000;
}

async function workOf(
  { world, targetsOf }: Estate,
  { secret: name, versionId, rotationFromMs: fromMs, rotationToMs: toMs = Date.now() }: Turn,
  declaration: SecretDeclaration,
): Promise<TargetWork | undefined> {
  if (fromMs === undefined) return undefined;
  const newValue = valueIn(world.service<SecretsManager>('secretsmanager'), name, versionId);
  return await targetsOf(declaration.kind).work?.({ name, declaration }, { fromMs, toMs }, newValue);
}
