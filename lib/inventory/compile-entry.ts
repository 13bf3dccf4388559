import type { CheckEntry, ConsumerEntry, SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import { defaults } from './defaults.ts';
import type { CheckDeclaration, Inventory } from './types.ts';
import { templateOf } from './views.ts';

/** One secret's entry, with every default filled in. @throws InvalidInput when its policy or a consumer is not declared. */
export function compileEntry(inventory: Inventory, name: string): SecretEntry {
  const secret = declared(inventory.secrets, name);
  const policy = declared(inventory.policies, secret.policy);
  return {
    secret: name,
    kind: secret.kind,
    policy: secret.policy,
    maximumAgeDays: policy.maximumAgeDays,
    ...(policy.toleratedFailures === undefined ? {} : { toleratedFailures: policy.toleratedFailures }),
    target: secret.target,
    views: Object.entries(secret.views ?? {}).map(([view, declaration]) => ({
      secret: view,
      template: templateOf(declaration),
    })),
    waves: (secret.waves ?? []).map((wave) => wave.map((consumer) => compileConsumer(inventory, name, consumer))),
    ...(secret.noConsumers === undefined ? {} : { noConsumers: secret.noConsumers }),
    timings: {
      soakSeconds: policy.soakSeconds ?? defaults.soakSeconds,
      graceSeconds: policy.graceSeconds ?? defaults.graceSeconds,
      gateSeconds: policy.gateSeconds ?? defaults.gateSeconds,
      coalesceSeconds: policy.coalesceSeconds ?? defaults.coalesceSeconds,
      skewSeconds: defaults.skewSeconds,
      pollSeconds: defaults.pollSeconds,
      promotionSeconds: defaults.promotionSeconds,
      rotationSeconds: defaults.rotationSeconds,
      humanSeconds: policy.humanSeconds ?? defaults.humanSeconds,
      reminderSeconds: defaults.reminderSeconds,
    },
  };
}

function compileConsumer(inventory: Inventory, secretName: string, name: string): ConsumerEntry {
  const consumer = declared(inventory.consumers, name);
  const { policy } = declared(inventory.secrets, secretName);
  const sharedWith = Object.entries(inventory.secrets)
    .filter(
      ([other, secret]) => other !== secretName && secret.policy === policy && secret.waves?.flat().includes(name),
    )
    .map(([other]) => other);
  return {
    name,
    type: consumer.type,
    config: consumer.config,
    checks: consumer.checks.map(compileCheck),
    deadlineSeconds: consumer.deadlineSeconds ?? defaults.consumerDeadlineSeconds,
    pollSeconds: defaults.pollSeconds,
    sharedWith,
  };
}

function compileCheck(check: CheckDeclaration): CheckEntry {
  return {
    type: check.type,
    config: check.config,
    successes: check.successes ?? defaults.check.successes,
    intervalSeconds: check.intervalSeconds ?? defaults.check.intervalSeconds,
    deadlineSeconds: check.deadlineSeconds ?? defaults.check.deadlineSeconds,
  };
}

function declared<T>(record: Readonly<Record<string, T>>, name: string): T {
  const found = record[name];
  if (found === undefined) throw new KeyturnError('InvalidInput', `the inventory does not declare "${name}"`);
  return found;
}
