import { openDatabase } from './database/client.ts';
import { requireEnv, serve } from './serve.ts';

// Gets its database login as a URL.
const database = openDatabase(requireEnv('DATABASE_URL'), requireEnv('DATABASE_CA'), 'api');

serve({
  work: async () => ({ visits: await database.visit() }),
  check: () => database.logIn(),
  close: () => database.close(),
});
