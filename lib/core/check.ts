import type { AwsPlace, Statement } from './statement.ts';

export type Health = { state: 'healthy' } | { state: 'unhealthy'; reason: string };

export interface CheckFacts<Config = unknown> {
  id: string;
  title: string;
  /** Parses the inventory's config. @throws KeyturnError('InvalidInput') */
  parseConfig(config: unknown): Config;
  needs(configs: Config[], place: AwsPlace): Statement[];
  network: boolean;
}

/** One question to one consumer: is it well? The rollout counts the answers. */
export interface Check<Config = unknown> {
  readonly facts: CheckFacts<Config>;
  /** One probe. An unreachable or slow consumer is `unhealthy`, never an exception. */
  probe(config: Config, signal: AbortSignal): Promise<Health>;
}
