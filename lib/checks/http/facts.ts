import type { CheckFacts } from '../../core/check.ts';
import { parseInput } from '../../core/parse.ts';
import { Config } from './schema.ts';

/** One HTTP request, judged by its status and optionally by one field of its JSON body. */
export const http: CheckFacts<Config> = {
  id: 'http',
  title: 'HTTP request',
  parseConfig: (config) => parseInput(Config, config, 'config'),
  needs: () => [],
  network: true,
};
