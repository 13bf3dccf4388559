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

/** Admin secrets of a kind's targets, by name or ARN, each once: they grow with targets, not with secrets. */
export function adminSecretsOf({ secrets }: Inventory, kind: KindId): string[] {
  const facts = factsOf(kind);
  const admins = Object.values(secrets)
    .filter((secret) => secret.kind === kind)
    .flatMap(({ target }) => facts.adminSecretOf(facts.parseTarget(target)) ?? []);
  return [...new Set(admins)].sort();
}
