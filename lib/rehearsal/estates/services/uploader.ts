import { requireEnv, serve } from './serve.ts';
import { openStorage } from './storage/client.ts';

// Gets its access key as two fields of one secret.
const storage = openStorage(
  { accessKeyId: requireEnv('ACCESS_KEY_ID'), secretAccessKey: requireEnv('SECRET_ACCESS_KEY') },
  requireEnv('BUCKET'),
);

serve({
  work: async () => ({ uploaded: await storage.upload() }),
  check: async () => void (await storage.upload()),
  close: async () => undefined,
});
