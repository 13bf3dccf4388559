import { randomUUID } from 'node:crypto';
import { labels } from '../../../core/labels.ts';
import { formatSupplied, suppliedOf } from '../../../core/supplied.ts';
import type { Sns } from '../../../simulator/services/sns/sns.ts';
import type { SimulatedWorld } from '../../../simulator/world.ts';

/** What people do in a provider's console for one secret. */
interface Console {
  secret: string;
  makeKey(): { id: string; value: string };
  /** No error if there is no such key any more. */
  destroyKey(identity: string): void;
}

/** Between two looks at the mail. */
const lookMs = 100;

/** Makes a key for each secret and brings it, as `keyturn supply --no-rotate` does; then reads the mail and does what it says. */
export async function attend(world: SimulatedWorld, consoles: readonly Console[]): Promise<() => void> {
  for (const { secret, makeKey } of consoles) {
    const { id, value } = makeKey();
    await world.perform(world.identities.rootPrincipal, 'secretsmanager', 'PutSecretValue', {
      SecretId: secret,
      ClientRequestToken: randomUUID(),
      SecretString: formatSupplied(suppliedOf(value, id)).reveal(),
      VersionStages: [labels.supplied],
    });
  }
  let read = 0;
  const looking = setInterval(() => {
    const { messages } = world.service<Sns>('sns');
    for (const { message } of messages.slice(read)) destroyAsked(message, consoles);
    read = messages.length;
  }, lookMs);
  looking.unref();
  return () => clearInterval(looking);
}

function destroyAsked(message: string, consoles: readonly Console[]): void {
  const { task, secret, identity = '' } = JSON.parse(message) as { task?: string; secret?: string; identity?: string };
  if (task !== undefined) consoles.find((console) => console.secret === secret)?.destroyKey(identity);
}
