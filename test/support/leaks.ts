import type { NamedSecret } from '../../lib/rehearsal/leaks/needles.ts';
import { type Channel, findLeaks } from '../../lib/rehearsal/leaks/search.ts';
import { textsOf, valuesOf } from '../../lib/rehearsal/leaks/secrets.ts';
import type { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { House } from './house.ts';

/** Shorter texts are found by chance, such as the passwords of one character that a test tries. */
const leastLength = 8;

/** Every secret text that a version of the house's secrets ever held; the admin's password too. Views hold the same texts. */
function secretsOf({ world, entry, kind: { facts } }: House): NamedSecret[] {
  const manager = world.service<SecretsManager>('secretsmanager');
  const target = facts.parseTarget(entry.target);
  const adminSecret = facts.adminSecretOf(target);
  const admins = adminSecret === undefined ? [] : valuesOf(manager, adminSecret);
  const own = admins.map((value) => ({ name: `password of ${adminSecret}`, text: passwordIn(value) }));
  const found = new Map<string, NamedSecret>();
  for (const secret of [...textsOf(manager, entry.secret, facts, target), ...own]) found.set(secret.text, secret);
  return [...found.values()].filter(({ text }) => text.length >= leastLength);
}

/** A plain string is one as it is. */
function passwordIn(value: string): string {
  if (!value.startsWith('{')) return value;
  return (JSON.parse(value) as { password?: string }).password ?? value;
}

/** Everything that a house wrote down anywhere but in Secrets Manager, at the target and for the consumers. */
async function channelsOf(house: House): Promise<Channel[]> {
  const { world, states, entry, records, messages, written, alsoWritten } = house;
  const manager = world.service<SecretsManager>('secretsmanager');
  const kept = {
    errors: written.errors,
    'executions and their histories': states.everything(),
    events: written.events,
    notifications: messages,
    evidence: records,
    parameters: entry,
    "secrets' names and tags": manager
      .secrets()
      .map(({ name, description, tags }) => ({ name, description, tags: [...tags] })),
    'records of rotations': manager.rotations,
    'the log of calls': world.calls,
  };
  const channels = Object.entries(kept).map(([name, content]) => ({
    name,
    text: typeof content === 'string' ? content : JSON.stringify(content),
  }));
  return [...channels, ...(await Promise.all(alsoWritten.map((channel) => channel())))];
}

/** @throws Error that says where and which, and never the secret */
export async function mustNotLeak(house: House): Promise<void> {
  const places = findLeaks(secretsOf(house), await channelsOf(house)).map(
    ({ secret, channel, form }) => `${secret} in ${channel} (${form})`,
  );
  if (places.length > 0) throw new Error(`leaked: ${[...new Set(places)].join('; ')}`);
}

/** What a log says from now on. */
export async function fromNow(read: () => Promise<string>): Promise<() => Promise<string>> {
  const { length } = await read();
  return async () => (await read()).slice(length);
}
