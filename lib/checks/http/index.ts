import type { Check, Health } from '../../core/check.ts';
import { KeyturnError } from '../../core/errors.ts';
import { httpRequest } from '../../net/http-client.ts';
import { http } from './facts.ts';
import { judge } from './judge.ts';
import type { Config } from './schema.ts';

/** A health answer is small; one that is longer is some other page. */
const maximumBodyBytes = 256 * 1024;

export function createCheck(): Check<Config> {
  return { facts: http, probe };
}

async function probe(config: Config, signal: AbortSignal): Promise<Health> {
  try {
    const response = await httpRequest({
      url: config.url,
      ...(config.headers && { headers: config.headers }),
      plaintext: config.plaintext !== undefined,
      timeoutMs: (config.timeoutSeconds ?? 5) * 1000,
      maximumBodyBytes: config.jsonField === undefined ? 0 : maximumBodyBytes,
      signal,
    });
    return judge(config, response);
  } catch (error) {
    if (error instanceof KeyturnError) return { state: 'unhealthy', reason: error.message };
    throw error;
  }
}
