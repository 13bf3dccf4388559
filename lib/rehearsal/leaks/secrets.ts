import { factsOf } from '../../kinds/registry.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Estate } from '../estates/estate.ts';
import type { NamedSecret } from './needles.ts';

/**
 * Every secret text that any version ever held: of the secrets that rotate, their secret fields; of admin secrets, what is
 * secret in them. Views hold the same texts.
 */
export function secretTexts(
  manager: SecretsManager,
  { inventory, admins }: Pick<Estate, 'inventory' | 'admins'>,
): NamedSecret[] {
  const found = new Map<string, NamedSecret>();
  const note = (name: string, text: string) => {
    if (text !== '' && !found.has(text)) found.set(text, { name, text });
  };
  for (const [secret, { kind, target }] of Object.entries(inventory.secrets)) {
    const facts = factsOf(kind);
    const fields = { ...facts.fields, ...facts.fieldsOf?.(facts.parseTarget(target)) };
    const versions = manager.secrets().find(({ name }) => name === secret)?.versions ?? new Map();
    for (const { data } of versions.values()) {
      if (data === undefined || !('SecretString' in data)) continue;
      const value = JSON.parse(data.SecretString) as Record<string, unknown>;
      for (const [index, text] of (facts.secretTexts?.(value) ?? []).entries())
        note(`secret text ${index + 1} of ${secret}`, text);
      if (facts.secretTexts) continue;
      for (const field of Object.keys(fields).filter((each) => fields[each] === 'secret')) {
        for (const text of textsIn(value[field])) note(`${field} of ${secret}`, text);
      }
    }
  }
  for (const [name, { secret }] of admins.all) note(`the admin's credential in ${name}`, secret);
  return [...found.values()];
}

/** Every text in a field, however deep. */
function textsIn(field: unknown): string[] {
  if (typeof field === 'string') return [field];
  return typeof field === 'object' && field !== null ? Object.values(field).flatMap(textsIn) : [];
}
