import type { NamedSecret } from '../../lib/rehearsal/leaks/needles.ts';
import { type Channel, findLeaks } from '../../lib/rehearsal/leaks/search.ts';
import type { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { House } from './house.ts';

/** Shorter texts are found by chance, such as the passwords of one character that a test tries. */
const leastLength = 8;

/** Every secret text that a version of the house's secrets ever held; the admin's password too. Views hold the same texts. */
function secretsOf({ world, secretArn, entry, kind }: House): NamedSecret[] {
  const target = kind.facts.parseTarget(entry.target);
  const roles = { ...kind.facts.fields, ...kind.facts.fieldsOf?.(target) };
  const own = Object.keys(roles).filter((field) => roles[field] === 'secret');
  const adminSecret = kind.facts.adminSecretOf(target);
  const found: NamedSecret[] = [];
  for (const { name, arn, versions } of world.service<SecretsManager>('secretsmanager').secrets()) {
    if (arn !== secretArn && name !== adminSecret) continue;
    for (const { data } of versions.values()) {
      if (data === undefined || !('SecretString' in data)) continue;
      const fields = fieldsOf(data.SecretString);
      const shown = Object.keys(fields).flatMap((field) => (roles[field] === 'secret' ? [] : [String(fields[field])]));
      for (const field of arn === secretArn ? own : ['password', 'value']) {
        const text = fields[field];
        if (typeof text === 'string' && text.length >= leastLength)
          found.push({ name: `${field} of ${name}`, text, shown });
      }
    }
  }
  return found;
}

/** A plain string is a secret as it is. */
function fieldsOf(text: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields === 'object' && fields !== null) return fields as Record<string, unknown>;
  } catch {
    // Not JSON.
  }
  return { value: text };
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

/** What was added to a log since it was last read. */
export function sinceLast(read: () => Promise<string>): () => Promise<string> {
  let seen = 0;
  return async () => {
    const text = (await read()).slice(seen);
    seen += text.length;
    return text;
  };
}
