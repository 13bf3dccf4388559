import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inventory as source } from '../../../bin/inventory.ts';
import { setUpAccount } from '../../../lib/rehearsal/estates/buywhere/account.ts';
import { setUpDatabase, startDatabaseServer } from '../../../lib/rehearsal/estates/buywhere/database.ts';
import { readDeclared } from '../../../lib/rehearsal/estates/buywhere/declared.ts';
import type { Buywhere } from '../../../lib/rehearsal/estates/buywhere/index.ts';
import { atDatabase } from '../../../lib/rehearsal/estates/buywhere/inventory.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { S3 } from '../../../lib/simulator/services/s3/s3.ts';

/** The sample estate's database and account, without services, and without the app: nothing in it turns by itself. */
export async function startBareEstate(): Promise<Buywhere> {
  const place = await startDatabaseServer(true);
  const inventory = atDatabase(source, place);
  const declared = { ...readDeclared(inventory), services: [] };
  const database = { ...place, ...(await setUpDatabase(place.server, declared.database.target)) };
  const world = await startSimulator({ iamPropagationMs: 0 });
  const account = await setUpAccount(world, declared, database);
  const settings = { rolloutMachineArn: 'none', evidenceBucket: 'evidence' };
  world.service<S3>('s3').createBucket({ name: settings.evidenceBucket });
  const assembly = await mkdtemp(join(tmpdir(), 'keyturn-assembly-'));
  return {
    world,
    declared,
    inventory,
    timeScale: 1,
    database,
    account,
    targets: [],
    assembly,
    settings,
    events: [],
    async close() {
      await world.close();
      await place.server.stop();
      await rm(assembly, { recursive: true });
    },
  };
}
