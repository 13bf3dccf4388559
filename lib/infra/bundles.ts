import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { checksInUse, consumerTypesInUse, kindsInUse } from '../inventory/in-use.ts';
import type { Inventory } from '../inventory/types.ts';
import { withoutDriverTables, withoutNativeParts } from './driver-tables.ts';
import { functionNames } from './names.ts';

const projectRoot = path.resolve(import.meta.dirname, '../..');

/** What one function is made of. */
export interface BundleSource {
  functionName: string;
  /** The folder in `lambdas/`. */
  entry: string;
  /** What the entry point's import of this name stands for. */
  alias?: readonly [name: string, file: string];
}

/** A function's code on disk. */
export interface Bundle {
  functionName: string;
  folder: string;
  /** What Node reads when the function starts. */
  bytesAtStart: number;
  /** What it reads only when it is asked for: the CAs of RDS, a client that few invocations need. */
  bytesOnDemand: number;
}

/** The bundles that an inventory needs: an entry point is bundled once per kind, consumer type or check in use. */
export function bundleSources(inventory: Inventory): BundleSource[] {
  const once = (['rollout', 'campaign', 'watch'] as const).map((entry) => ({
    functionName: functionNames[entry],
    entry,
  }));
  const perKind = kindsInUse(inventory).flatMap((kind) =>
    (['rotate', 'retire'] as const).map((entry) => ({
      functionName: functionNames[entry](kind),
      entry,
      alias: ['#kind', `lib/kinds/${kind}/index.ts`] as const,
    })),
  );
  const perConsumerType = consumerTypesInUse(inventory).map((type) => ({
    functionName: functionNames.refresh(type),
    entry: 'refresh',
    alias: ['#consumer', `lib/consumers/${type}/index.ts`] as const,
  }));
  const perCheck = checksInUse(inventory).map((check) => ({
    functionName: functionNames.probe(check),
    entry: 'probe',
    alias: ['#check', `lib/checks/${check}/index.ts`] as const,
  }));
  return [...perKind, ...perConsumerType, ...perCheck, ...once];
}

/**
 * Bundles everything in one process, hands the result to `use`, and removes it: CDK copies what it takes.
 * Not NodejsFunction, which starts npx for each function, and can neither split a bundle nor take a plugin.
 */
export async function withBundles<T>(
  sources: readonly BundleSource[],
  use: (bundles: Bundle[]) => T | Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-bundles-'));
  try {
    return await use(
      await Promise.all(sources.map((source) => bundle(source, path.join(folder, source.functionName)))),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundle({ functionName, entry, alias }: BundleSource, folder: string): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: projectRoot,
    entryPoints: [{ in: `./lambdas/${entry}/index.ts`, out: 'index' }],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported on demand becomes a file of its own.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    mainFields: ['module', 'main'],
    alias: {
      '@aws-sdk/credential-provider-node': './lib/aws/environment-credentials.ts',
      ...(alias && { [alias[0]]: `./${alias[1]}` }),
    },
    // Drivers in CommonJS call require() for Node's own modules and look at __dirname, which an ES module does not have.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;",
    },
    plugins: [withoutErrorClasses, withoutDriverTables, withoutNativeParts],
  });
  return { functionName, folder, ...sizes(metafile) };
}

/**
 * The SDK registers every error class of a service (SSM: 130), so that none can be shaken off: 15 % of a bundle. Without
 * them an error is the service's base class with the same name and message, which is all that Keyturn looks at.
 * Only services that speak JSON: elsewhere the class may rename the error.
 */
const withoutErrorClasses: Plugin = {
  name: 'without-error-classes',
  setup({ onLoad }) {
    const filter = /@aws-sdk\/client-(ecs|lambda|secrets-manager|sfn|ssm)\/dist-es\/schemas\/schemas_0\.js$/;
    onLoad({ filter }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replaceAll(/^n0_registry\.registerError\(.*\);$/gm, ''),
    }));
  },
};

/** The entry point with all that it imports statically, and the rest. */
function sizes({ outputs }: Metafile): Pick<Bundle, 'bytesAtStart' | 'bytesOnDemand'> {
  const atStart = new Set<string>();
  const visit = (file: string) => {
    if (atStart.has(file)) return;
    atStart.add(file);
    for (const { kind, path: imported, external } of outputs[file]?.imports ?? []) {
      if (kind === 'import-statement' && !external) visit(imported);
    }
  };
  for (const [file, { entryPoint }] of Object.entries(outputs)) {
    if (entryPoint?.startsWith('lambdas/')) visit(file);
  }
  const bytes = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);
  const bytesAtStart = bytes(atStart);
  return { bytesAtStart, bytesOnDemand: bytes(Object.keys(outputs)) - bytesAtStart };
}
