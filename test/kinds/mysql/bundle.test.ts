import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleSource, withBundles } from '../../../lib/infra/bundles.ts';
import { withoutDriverTables } from '../../../lib/infra/driver-tables.ts';
import type { createKind } from '../../../lib/kinds/mysql/index.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { makeEstate } from './harness.ts';
import { credentialIn, propose, withFields } from './rotate.ts';

const sources = (['rotate', 'retire'] as const).map(
  (entry): BundleSource => ({ functionName: entry, entry, alias: ['#kind', 'lib/kinds/mysql/index.ts'] }),
);

describe("the mysql kind's bundles", () => {
  it.each(sources)('$functionName reads at most 450 KB when it starts, and 500 KB when asked for', async (source) => {
    const sizes = await withBundles([source], ([bundle]) => bundle);
    expect(sizes?.bytesAtStart).toBeLessThanOrEqual(450_000);
    // Beside the driver there are the CAs of RDS and the SDK's own.
    expect(sizes?.bytesOnDemand).toBeLessThanOrEqual(720_000);
  });
});

describe.runIf(hasMariadb)('the kind as it is bundled', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  let folder: string;
  let bundled: ReturnType<typeof createKind>;
  beforeAll(async () => {
    // A server whose first answer is in an encoding that the bundle does not have.
    server = await startMariadb({ settings: { character_set_server: 'big5' } });
    folder = await mkdtemp(join(tmpdir(), 'keyturn-bundle-'));
    await build({
      entryPoints: { kind: 'lib/kinds/mysql/index.ts' },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      plugins: [withoutDriverTables],
    });
    const module = (await import(pathToFileURL(join(folder, 'kind.mjs')).href)) as { createKind: typeof createKind };
    bundled = module.createKind();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('rotates, revokes and proves at a server of any character set', async () => {
    const estate = await makeEstate(server, { user: 'äpp', database: 'dätabase' });
    const { context, current, pending } = propose(estate);
    await bundled.install(context, { pending, current });
    await bundled.verify(context, pending);
    const wrong = credentialIn(withFields(estate.current, { password: 'canary' }), estate.target);
    await expect(bundled.verify(context, wrong)).rejects.toMatchObject({ code: 'AuthenticationRefused' });
    await bundled.disable(context, { retire: current, keep: pending });
    expect(await bundled.proveRefused(context, { retire: current, keep: pending })).toMatchObject([
      { error: 'error 4151' },
    ]);
  });
});
