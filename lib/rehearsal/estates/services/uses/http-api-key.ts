import * as z from 'zod/mini';
import { useKey } from '../providers/use-key.ts';
import type { Credential, Use } from '../use.ts';

const Settings = z.object({
  provider: z.string(),
  origins: z.record(z.string(), z.string()),
  parameters: z.record(z.string(), z.unknown()),
});

/** One request to the provider, as its consumers make it. */
export function openUse({ fields, settings }: Credential): Use {
  const { provider, origins, parameters } = Settings.parse(settings);
  async function ask(): Promise<void> {
    const status = await useKey(provider, { origins, parameters, fields });
    if (status < 200 || status >= 300) throw Object.assign(new Error('refused'), { code: `${provider} ${status}` });
  }
  return { work: ask, check: ask, close: async () => undefined };
}
