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
  const collect = (secret: string, fields: readonly string[]) => {
    const versions =
      manager
        .secrets()
        .find(({ name }) => name === secret)
        ?.versions.values() ?? [];
    for (const { data } of versions) {
      if (data === undefined || !('SecretString' in data)) continue;
      const value = JSON.parse(data.SecretString) as Record<string, string | undefined>;
      for (const field of fields) {
        const text = value[field];
        if (text !== undefined && !found.has(text)) found.set(text, { name: `${field} of ${secret}`, text });
      }
    }
  };
  for (const [secret, { kind, target }] of Object.entries(secrets)) {
    const facts = factsOf(kind);
    collect(
      secret,
      Object.keys(facts.fields).filter((field) => facts.fields[field] === 'secret'),
    );
    const admin = facts.adminSecretOf(facts.parseTarget(target));
    if (admin !== undefined) collect(admin, ['password']);
  }
  return [...found.values()];
}
