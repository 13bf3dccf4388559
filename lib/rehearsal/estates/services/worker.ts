import { openDatabase } from './database/client.ts';
import { requireEnv, serve } from './serve.ts';
import { openStorage } from './storage/client.ts';

// Gets both: its database login as a pair of secrets, its access key as two fields of one.
const database = openDatabase(
  {
    host: requireEnv('POSTGRES_HOST'),
    port: Number(requireEnv('POSTGRES_PORT')),
    database: requireEnv('POSTGRES_DB'),
    user: requireEnv('POSTGRES_USER'),
    password: requireEnv('POSTGRES_PASSWORD'),
  },
  requireEnv('DATABASE_CA'),
  'worker',
);
const storage = openStorage(
  { accessKeyId: requireEnv('ACCESS_KEY_ID'), secretAccessKey: requireEnv('SECRET_ACCESS_KEY') },
  requireEnv('BUCKET'),
);

serve({
  async work() {
    const [visits, uploaded] = await Promise.all([database.visit(), storage.upload()]);
    return { visits, uploaded };
  },
  async check() {
    await Promise.all([database.logIn(), storage.upload()]);
  },
  close: () => database.close(),
});
