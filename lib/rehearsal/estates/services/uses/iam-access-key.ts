import { openStorage } from '../storage/client.ts';
import type { Credential, Use } from '../use.ts';

/** Writes into the bucket that the key's user may write into. */
export function openUse({ fields, settings }: Credential): Use {
  const { accessKeyId = '', secretAccessKey = '' } = fields;
  const storage = openStorage({ accessKeyId, secretAccessKey }, String(settings['bucket']));
  return {
    work: () => storage.upload(),
    check: () => storage.upload(),
    close: async () => undefined,
  };
}
