import type { Inventory } from '../../inventory/types.ts';
import { factsOf } from '../../kinds/registry.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { NamedSecret } from './needles.ts';

/**
 * Every secret text that any version ever held: of the secrets that rotate, their secret fields; of admin secrets, the
 * password. Views hold the same texts.
 */
export function secretTexts(manager: SecretsManager, { secrets }: Inventory): NamedSecret[] {
  const found = new Map<string, NamedSecret>();
  const collect = (secret: string, textsOf: (value: Record<string, unknown>) => Record<string, unknown>) => {
    const versions =
      manager
        .secrets()
        .find(({ name }) => name === secret)
        ?.versions.values() ?? [];
    for (const { data } of versions) {
      if (data === undefined || !('SecretString' in data)) continue;
      const texts = textsOf(JSON.parse(data.SecretString) as Record<string, unknown>);
      for (const [what, text] of Object.entries(texts)) {
        if (typeof text === 'string' && !found.has(text)) found.set(text, { name: `${what} of ${secret}`, text });
      }
    }
  };
  for (const [secret, { kind, target }] of Object.entries(secrets)) {
    const facts = factsOf(kind);
    const parsed = facts.parseTarget(target);
    const roles = { ...facts.fields, ...facts.fieldsOf?.(parsed) };
    const secretFields = Object.keys(roles).filter((field) => roles[field] === 'secret');
    collect(secret, (value) => {
      const texts = facts.secretTexts?.(value).map((text, index) => [`secret text ${index + 1}`, text]);
      return texts ? Object.fromEntries(texts) : pick(value, secretFields);
    });
    const admin = facts.adminSecretOf(parsed);
    const read = facts.furtherSecretsOf?.(parsed).read ?? [];
    for (const login of [admin ?? [], ...read].flat()) collect(login, (value) => pick(value, ['password']));
  }
  return [...found.values()];
}

function pick(value: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field, value[field]]));
}
