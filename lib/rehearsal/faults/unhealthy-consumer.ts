import type { EcsService } from '../../simulator/ecs/index.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import { CannotStart } from '../estates/cannot-start.ts';
import { holderOf } from '../estates/credentials.ts';
import type { DeclaredService } from '../estates/declared.ts';
import type { Estate } from '../estates/estate.ts';
import { injectionsOf } from '../estates/given.ts';
import type { Expectation } from './index.ts';

/**
 * A service cannot work with a secret's new version: what it is given is damaged in every task that starts while that version
 * is current. With the old one it starts well. It uses no other secret, so that no other secret goes back, and is among the
 * last to be refreshed, so that others must follow it back.
 */
export function unhealthyConsumer({ world, services, inventory }: Estate): Expectation {
  const victim = services
    .filter(({ secrets }) => secrets.length === 1)
    .sort((one, other) => wavesOf(other) - wavesOf(one))[0];
  const secret = victim?.secrets[0]?.name;
  if (victim === undefined || secret === undefined) {
    throw new CannotStart('no service of this inventory uses one secret alone, so none can be unhealthy by itself');
  }
  const manager = world.service<SecretsManager>('secretsmanager');
  const good = holderOf(manager, secret);
  const variables = Object.keys(injectionsOf(victim.secrets).get(secret)?.variables ?? {});
  const environment = Object.fromEntries(variables.map((name) => [name, 'damaged']));
  world
    .service<EcsService>('ecs')
    .onTaskStart(victim.service, () => (holderOf(manager, secret) === good ? undefined : { environment }));
  return { results: { [secret]: 'rolled-back' } };

  /** How many waves the service's secret has, if the service is in the last of them. */
  function wavesOf({ name, secrets }: DeclaredService): number {
    const waves = inventory.secrets[secrets[0]?.name ?? '']?.waves ?? [];
    return waves.at(-1)?.includes(name) ? waves.length : 0;
  }
}
