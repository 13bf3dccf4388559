import type { KindFacts } from '../../core/kind.ts';
import { factsOf } from '../../kinds/registry.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Estate } from '../estates/estate.ts';
import type { NamedSecret } from './needles.ts';

/**
 * Every secret text that any version ever held: of the secrets that rotate, what is secret in their values; of admin
 * secrets too. Views hold the same texts. Each text once.
 */
export function secretTexts(
  manager: SecretsManager,
  { inventory, admins }: Pick<Estate, 'inventory' | 'admins'>,
): NamedSecret[] {
  const rotating = Object.entries(inventory.secrets).flatMap(([secret, { kind, target }]) => {
    const facts = factsOf(kind);
    return textsOf(manager, secret, facts, facts.parseTarget(target));
  });
  const own = [...admins.all].map(([name, { secret }]) => ({
    name: `the admin's credential in ${name}`,
    text: secret,
  }));
  const found = new Map<string, NamedSecret>();
  for (const each of [...rotating, ...own]) if (each.text !== '' && !found.has(each.text)) found.set(each.text, each);
  return [...found.values()];
}

/** The secret texts of one secret's versions. */
export function textsOf(
  manager: SecretsManager,
  secret: string,
  facts: KindFacts<unknown>,
  target: unknown,
): NamedSecret[] {
  return valuesOf(manager, secret).flatMap((value) =>
    textsIn(value, facts, target).map(({ name, ...text }) => ({ name: `${name} of ${secret}`, ...text })),
  );
}

/** Every value that a version ever had. */
export function valuesOf(manager: SecretsManager, secret: string): string[] {
  const versions =
    manager
      .secrets()
      .find(({ name }) => name === secret)
      ?.versions.values() ?? [];
  return [...versions].flatMap(({ data }) => (data && 'SecretString' in data ? [data.SecretString] : []));
}

function textsIn(value: string, facts: KindFacts<unknown>, target: unknown): NamedSecret[] {
  const fields = fieldsOf(value);
  const own = facts.secretTexts?.(fields);
  if (own !== undefined) return own.map((text, index) => ({ name: `secret text ${index + 1}`, text }));
  const roles = { ...facts.fields, ...facts.fieldsOf?.(target) };
  const texts = Object.entries(fields).flatMap(([field, text]) => (typeof text === 'string' ? [{ field, text }] : []));
  const shown = texts.filter(({ field }) => roles[field] !== 'secret').map(({ text }) => text);
  return texts
    .filter(({ field }) => roles[field] === 'secret')
    .map(({ field, text }) => ({ name: field, text, shown }));
}

/** Of a value that somebody broke by hand no field is known. */
function fieldsOf(value: string): Record<string, unknown> {
  try {
    return JSON.parse(value) as Record<string, unknown>;
  } catch {
    return {};
  }
}
