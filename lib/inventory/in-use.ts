import type { CheckId } from '../checks/registry.ts';
import type { ConsumerTypeId } from '../consumers/registry.ts';
import { factsOf, type KindId } from '../kinds/registry.ts';
import type { Inventory } from './types.ts';

/** Kinds of the inventory's secrets, in alphabetical order, each once. */
export function kindsInUse({ secrets }: Inventory): KindId[] {
  return [...new Set(Object.values(secrets).map(({ kind }) => kind))].sort();
}

export function consumerTypesInUse({ consumers }: Inventory): ConsumerTypeId[] {
  return [...new Set(Object.values(consumers).map(({ type }) => type))].sort();
}

export function checksInUse({ consumers }: Inventory): CheckId[] {
  return [...new Set(Object.values(consumers).flatMap(({ checks }) => checks.map(({ type }) => type)))].sort();
}

/** Secrets with Keyturn's own logins at a kind's targets, by name or ARN, each once: they grow with targets, not with secrets. */
export function adminSecretsOf({ secrets }: Inventory, kind: KindId): string[] {
  const facts = factsOf(kind);
  const admins = targetsOf(secrets, kind).flatMap((target) => [
    facts.adminSecretOf(target) ?? [],
    facts.furtherSecretsOf?.(target).read ?? [],
  ]);
  return [...new Set(admins.flat())].sort();
}

/** Secrets that a kind's verbs keep up to date beside those that rotate, by name or ARN, each once. */
export function keptSecretsOf({ secrets }: Inventory, kind: KindId): string[] {
  const facts = factsOf(kind);
  const kept = targetsOf(secrets, kind).flatMap((target) => facts.furtherSecretsOf?.(target).kept ?? []);
  return [...new Set(kept)].sort();
}

function targetsOf(secrets: Inventory['secrets'], kind: KindId): unknown[] {
  const declared = Object.values(secrets).filter((secret) => secret.kind === kind);
  return declared.map(({ target }) => factsOf(kind).parseTarget(target));
}
