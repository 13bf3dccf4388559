import type { EcsService } from '../../simulator/ecs/index.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import { holderOf } from '../estates/buywhere/credentials.ts';
import type { Buywhere } from '../estates/buywhere/index.ts';

/**
 * The last service to be refreshed for the database's secret cannot work with the new version: the CA that it verifies
 * the server with is broken in every task that starts while the new version is current. With the old one it starts well.
 */
export function unhealthyConsumer({ world, declared, inventory }: Buywhere): void {
  const { secret } = declared.database;
  const consumer = inventory.secrets[secret]?.waves?.at(-1)?.at(-1);
  const victim = declared.services.find(({ name }) => name === consumer);
  if (victim === undefined) throw new Error(`no service uses ${secret}, so none can be unhealthy`);
  const manager = world.service<SecretsManager>('secretsmanager');
  const good = holderOf(manager, secret);
  world
    .service<EcsService>('ecs')
    .onTaskStart(victim.service, () =>
      holderOf(manager, secret) === good ? undefined : { environment: { DATABASE_CA: 'not a certificate' } },
    );
}
