import type { SecretDeclaration } from '../../inventory/types.ts';
import { factsOf } from '../../kinds/registry.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Estate } from '../estates/estate.ts';
import type { NamedSecret } from './needles.ts';

/**
 * Every secret text that any version ever held: of the secrets that rotate, what is secret in their values; of admin
 * secrets too. Views hold the same texts.
 */
export function secretTexts(
  manager: SecretsManager,
  { inventory, admins }: Pick<Estate, 'inventory' | 'admins'>,
): NamedSecret[] {
  const found = new Map<string, NamedSecret>();
  const note = (name: string, text: string) => {
    if (text !== '' && !found.has(text)) found.set(text, { name, text });
  };
  for (const [secret, declaration] of Object.entries(inventory.secrets)) {
    const versions =
      manager
        .secrets()
        .find(({ name }) => name === secret)
        ?.versions.values() ?? [];
    for (const { data } of versions) {
      if (data === undefined || !('SecretString' in data)) continue;
      const value = JSON.parse(data.SecretString) as Record<string, unknown>;
      for (const { what, text } of textsIn(value, declaration)) note(`${what} of ${secret}`, text);
    }
  }
  for (const [name, { secret }] of admins.all) note(`the admin's credential in ${name}`, secret);
  return [...found.values()];
}

function textsIn(
  value: Record<string, unknown>,
  { kind, target }: SecretDeclaration,
): readonly { what: string; text: string }[] {
  const facts = factsOf(kind);
  if (facts.secretTexts) return facts.secretTexts(value).map((text, at) => ({ what: `secret text ${at + 1}`, text }));
  const roles = { ...facts.fields, ...facts.fieldsOf?.(facts.parseTarget(target)) };
  return Object.entries(value).flatMap(([what, text]) =>
    roles[what] === 'secret' && typeof text === 'string' ? [{ what, text }] : [],
  );
}
