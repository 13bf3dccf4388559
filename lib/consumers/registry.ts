import type { ConsumerFacts } from '../core/consumer.ts';
import { ecsService } from './ecs-service/facts.ts';

/** One line per consumer type: its folder's name and its facts. */
export const consumerTypes = {
  'ecs-service': ecsService,
} as const;

export type ConsumerTypeId = keyof typeof consumerTypes;

export const consumerTypeIds = Object.keys(consumerTypes) as ConsumerTypeId[];

export function consumerFactsOf(id: ConsumerTypeId): ConsumerFacts {
  return consumerTypes[id] as ConsumerFacts;
}
