import { type CheckId, checkFactsOf, checkIds } from '../../checks/registry.ts';
import { type ConsumerTypeId, consumerFactsOf, consumerTypeIds } from '../../consumers/registry.ts';
import { defaults } from '../defaults.ts';
import { type Mistake, oneOf } from '../mistake.ts';
import type { CheckDeclaration, Inventory } from '../types.ts';
import { refusalOf } from './reason.ts';

export function* checkConsumers(inventory: Inventory): Generator<Mistake> {
  const used = new Set(Object.values(inventory.secrets).flatMap(({ waves }) => waves?.flat() ?? []));
  for (const [name, consumer] of Object.entries(inventory.consumers)) {
    const where = `consumer "${name}"`;
    if (!used.has(name)) {
      yield { where, what: 'no secret names it', remedy: 'Add it to a wave of a secret that it reads, or take it out' };
    }
    yield* checkConsumer(where, consumer.type, consumer.config);
    if (consumer.checks.length === 0) {
      yield { where, what: 'nothing would prove that it is healthy', remedy: `Give it a check: ${oneOf(checkIds)}` };
    }
    for (const check of consumer.checks) yield* checkCheck(where, check);
  }
}

function* checkConsumer(where: string, type: ConsumerTypeId, config: unknown): Generator<Mistake> {
  if (!consumerTypeIds.includes(type)) {
    yield { where, what: `there is no consumer type "${type}"`, remedy: `Use one of: ${oneOf(consumerTypeIds)}` };
    return;
  }
  const refusal = refusalOf(() => consumerFactsOf(type).parseConfig(config));
  if (refusal) yield { where, what: refusal, remedy: `See lib/consumers/${type}/README.md for its config` };
}

function* checkCheck(where: string, check: CheckDeclaration): Generator<Mistake> {
  const type: CheckId = check.type;
  if (!checkIds.includes(type)) {
    yield { where, what: `there is no check "${type}"`, remedy: `Use one of: ${oneOf(checkIds)}` };
    return;
  }
  const refusal = refusalOf(() => checkFactsOf(type).parseConfig(check.config));
  if (refusal)
    yield { where, what: `check "${type}": ${refusal}`, remedy: `See lib/checks/${type}/README.md for its config` };

  const { successes, intervalSeconds, deadlineSeconds } = { ...defaults.check, ...check };
  // N answers have N - 1 intervals between them.
  if ((successes - 1) * intervalSeconds > deadlineSeconds) {
    yield {
      where,
      what: `check "${type}" can never pass: ${successes} answers, ${intervalSeconds} seconds apart, do not fit in ${deadlineSeconds} seconds`,
      remedy: 'Raise deadlineSeconds, or ask for fewer successes',
    };
  }
}
