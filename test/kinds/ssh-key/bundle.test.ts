import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleSource, withBundles } from '../../../lib/infra/bundles.ts';
import { withoutNativeParts } from '../../../lib/infra/driver-tables.ts';
import { parseCredential } from '../../../lib/kinds/ssh-key/credential.ts';
import type { createKind } from '../../../lib/kinds/ssh-key/index.ts';
import { sshdInstalled } from '../../support/sshd-server.ts';
import { type Hosts, makeEstate, startHosts } from './harness.ts';

const sources = (['rotate', 'retire'] as const).map(
  (entry): BundleSource => ({ functionName: entry, entry, alias: ['#kind', 'lib/kinds/ssh-key/index.ts'] }),
);

describe("the ssh-key kind's bundles", () => {
  it.each(sources)('$functionName reads at most 450 KB when it starts, and 450 KB when asked for', async (source) => {
    const sizes = await withBundles([source], ([bundle]) => bundle);
    expect(sizes?.bytesAtStart).toBeLessThanOrEqual(450_000);
    // The driver, whole: its server, agents and SFTP hang together with the client. And parts of the SDK.
    expect(sizes?.bytesOnDemand).toBeLessThanOrEqual(450_000);
  });
});

describe.runIf(sshdInstalled())('the kind as it is bundled', { timeout: 60_000 }, () => {
  let hosts: Hosts;
  let folder: string;
  let bundled: ReturnType<typeof createKind>;
  let metafile: Metafile;
  beforeAll(async () => {
    // What a bundle has no C++ for: the cipher that it does in WebAssembly.
    hosts = await startHosts({ settings: ['Ciphers chacha20-poly1305@openssh.com'] });
    folder = await mkdtemp(join(tmpdir(), 'keyturn-bundle-'));
    ({ metafile } = await build({
      entryPoints: { kind: 'lib/kinds/ssh-key/index.ts' },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      minify: true,
      metafile: true,
      format: 'esm',
      platform: 'node',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      plugins: [withoutNativeParts],
    }));
    const module = (await import(pathToFileURL(join(folder, 'kind.mjs')).href)) as { createKind: typeof createKind };
    bundled = module.createKind();
  }, 60_000);
  afterAll(async () => {
    await hosts?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('has no part that was built for this machine', () => {
    expect(Object.keys(metafile.inputs).filter((file) => /^node_modules.*\.node$/.test(file))).toEqual([]);
    expect(Object.keys(metafile.inputs).filter((file) => /node_modules\/ssh2\//.test(file)).length).toBeGreaterThan(5);
  });

  it('rotates, revokes and proves, with the cipher that has no C++ any more', async () => {
    const estate = await makeEstate(hosts);
    const context = estate.context();
    const current = parseCredential(estate.current, estate.target) ?? expect.fail('no credential');
    const pending = parseCredential(bundled.propose(estate.target, current), estate.target) ?? expect.fail('none');
    await bundled.install(context, { pending, current });
    await bundled.disable(context, { retire: current, keep: pending });
    expect(await bundled.proveRefused(context, { retire: current, keep: pending })).toMatchObject([
      { error: 'Permission denied (publickey)' },
    ]);
  });
});
