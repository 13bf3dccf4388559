import { factsOf, kindIds } from '../../kinds/registry.ts';
import { defaults } from '../defaults.ts';
import { type Mistake, oneOf } from '../mistake.ts';
import { intervalOf } from '../schedule.ts';
import type { Inventory, SecretDeclaration } from '../types.ts';
import { longestSeconds } from './policies.ts';
import { reasonOf, refusalOf } from './reason.ts';
import { nameMistake } from './secret-name.ts';

export function* checkSecrets(inventory: Inventory): Generator<Mistake> {
  for (const [name, secret] of Object.entries(inventory.secrets)) {
    const where = `secret "${name}"`;
    const badName = nameMistake(name);
    if (badName) yield { where, ...badName };
    if (!Object.hasOwn(inventory.policies, secret.policy)) {
      const remedy = `Use one of: ${oneOf(Object.keys(inventory.policies))}; or declare it under policies`;
      yield { where, what: `there is no policy "${secret.policy}"`, remedy };
    }
    yield* checkTarget(where, name, secret, inventory);
    yield* checkHuman(where, secret, inventory);
    yield* checkWaves(where, secret, inventory);
  }
}

function* checkTarget(
  where: string,
  name: string,
  { kind, target, policy }: SecretDeclaration,
  inventory: Inventory,
): Generator<Mistake> {
  if (!kindIds.includes(kind)) {
    yield { where, what: `there is no kind "${kind}"`, remedy: `Use one of: ${oneOf(kindIds)}` };
    return;
  }
  const facts = factsOf(kind);
  const refusal = refusalOf(() => facts.parseTarget(target));
  if (refusal) {
    yield { where, what: refusal, remedy: `See lib/kinds/${kind}/README.md for its target` };
    return;
  }
  const parsed = facts.parseTarget(target);
  if (facts.adminSecretOf(parsed) === name) {
    yield { where, what: 'it is its own admin secret', remedy: 'Name the secret of a user that may change this one' };
  }
  const neededSeconds = facts.minimumIntervalSeconds?.(parsed) ?? 0;
  const shortestSeconds = shortestInterval(inventory, policy);
  if (shortestSeconds !== undefined && neededSeconds >= shortestSeconds) {
    yield {
      where,
      what: `it needs more than ${neededSeconds} seconds between two rotations, but its policy may start again after ${shortestSeconds}`,
      remedy: 'Give it a policy that rotates less often',
    };
  }
  yield* checkKept(where, facts.furtherSecretsOf?.(parsed).kept ?? [], inventory);
}

function* checkKept(where: string, keptSecrets: readonly string[], inventory: Inventory): Generator<Mistake> {
  const views = Object.values(inventory.secrets).flatMap((secret) => Object.keys(secret.views ?? {}));
  const written = [...Object.keys(inventory.secrets), ...views];
  for (const kept of keptSecrets.filter((secret) => written.includes(secret))) {
    const what = `its target keeps the text of "${kept}", which is a secret or a view of this inventory`;
    yield { where, what, remedy: 'Give it a secret of its own' };
  }
}

/** Undefined where there is no such policy, or its schedule is none: that is a mistake of its own. */
function shortestInterval({ policies }: Inventory, policy: string): number | undefined {
  try {
    return intervalOf(policies[policy]?.schedule ?? '').shortestSeconds;
  } catch (error) {
    reasonOf(error);
    return undefined;
  }
}

/** Where a human must destroy the old credential, the time for it belongs to the rotation. */
function* checkHuman(
  where: string,
  { kind, policy: name }: SecretDeclaration,
  inventory: Inventory,
): Generator<Mistake> {
  const policy = Object.hasOwn(inventory.policies, name) ? inventory.policies[name] : undefined;
  if (!kindIds.includes(kind) || factsOf(kind).disabledBy !== 'human' || policy === undefined) return;
  const shortest = shortestInterval(inventory, name);
  const human = policy.humanSeconds ?? defaults.humanSeconds;
  const needed = longestSeconds(policy) + human;
  if (shortest === undefined || needed <= shortest) return;
  yield {
    where,
    what: `a human gets ${human} seconds to destroy its old credential, which with soak, gates and grace makes ${needed}, but its policy "${name}" may start again after ${shortest}`,
    remedy: `Shorten humanSeconds in the policy "${name}", or use one that rotates less often`,
  };
}

function* checkWaves(where: string, secret: SecretDeclaration, inventory: Inventory): Generator<Mistake> {
  const { waves, noConsumers } = secret;
  const named = waves?.flat() ?? [];
  if (waves !== undefined && noConsumers !== undefined) {
    yield { where, what: 'it has both waves and noConsumers', remedy: 'Keep one of them' };
  }
  if (waves === undefined && noConsumers === undefined) {
    yield {
      where,
      what: 'it has no consumers and no reason',
      remedy: "Name its consumers in waves, or write noConsumers: '<reason>'",
    };
  }
  if (noConsumers !== undefined && noConsumers.trim() === '') {
    yield {
      where,
      what: 'its reason for having no consumers is empty',
      remedy: 'Say who reads it, and why nothing needs a refresh',
    };
  }
  if (waves !== undefined && (waves.length === 0 || waves.some((wave) => wave.length === 0))) {
    yield {
      where,
      what: 'it has an empty wave',
      remedy: "Name at least one consumer in each, or write noConsumers: '<reason>'",
    };
  }
  for (const consumer of new Set(named)) {
    if (!Object.hasOwn(inventory.consumers, consumer)) {
      const remedy = `Use one of: ${oneOf(Object.keys(inventory.consumers))}; or declare it under consumers`;
      yield { where, what: `there is no consumer "${consumer}"`, remedy };
    }
    if (named.filter((other) => other === consumer).length > 1) {
      yield { where, what: `it names the consumer "${consumer}" twice`, remedy: 'Leave it in the earlier wave' };
    }
  }
}
