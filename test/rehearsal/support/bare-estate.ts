import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUpAccount } from '../../../lib/rehearsal/estates/account.ts';
import { createAdminSecrets } from '../../../lib/rehearsal/estates/admin-secrets.ts';
import { atTargets } from '../../../lib/rehearsal/estates/aim.ts';
import { createCertificateAuthority } from '../../../lib/rehearsal/estates/certificates.ts';
import { secretsOf } from '../../../lib/rehearsal/estates/declared.ts';
import type { Estate } from '../../../lib/rehearsal/estates/estate.ts';
import { startTargets } from '../../../lib/rehearsal/estates/targets.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { S3 } from '../../../lib/simulator/services/s3/s3.ts';
import { inventory as source } from './inventory.ts';

/** A small estate's targets and account, without services, and without the app: nothing in it turns by itself. */
export async function startBareEstate(): Promise<Estate> {
  const world = await startSimulator({ iamPropagationMs: 0 });
  const stops: (() => Promise<void>)[] = [];
  const admins = createAdminSecrets();
  const authority = createCertificateAuthority('Rehearsal CA');
  const { targetsOf, kinds } = await startTargets(source, { world, authority, admins, logsStatements: true }, stops);
  const inventory = atTargets(source, targetsOf);
  const secrets = await Promise.all(
    secretsOf(inventory).map(async (secret) => {
      return { ...secret, firstValue: await targetsOf(secret.declaration.kind).credential(secret) };
    }),
  );
  await setUpAccount(world, secrets, admins);
  const settings = { rolloutMachineArn: 'none', evidenceBucket: 'evidence' };
  world.service<S3>('s3').createBucket({ name: settings.evidenceBucket });
  const assembly = await mkdtemp(join(tmpdir(), 'keyturn-assembly-'));
  return {
    world,
    inventory,
    services: [],
    timeScale: 1,
    admins,
    targetsOf,
    kinds,
    targets: [],
    assembly,
    settings,
    events: [],
    async close() {
      await world.close();
      for (const stop of stops) await stop();
      await rm(assembly, { recursive: true });
    },
  };
}
