import { describe, expect, it } from 'vitest';
import { type BundleSource, withBundles } from '../../../lib/infra/bundles.ts';

const sources = (['rotate', 'retire'] as const).map(
  (entry): BundleSource => ({ functionName: entry, entry, alias: ['#kind', 'lib/kinds/elasticache-user/index.ts'] }),
);

describe("the elasticache-user kind's bundles", () => {
  it.each(sources)('$functionName reads at most 450 KB when it starts', async (source) => {
    const sizes = await withBundles([source], ([bundle]) => bundle);
    process.stdout.write(`elasticache-user ${source.functionName}: ${sizes?.bytesAtStart} + ${sizes?.bytesOnDemand}\n`);
    expect(sizes?.bytesAtStart).toBeLessThanOrEqual(450_000);
  });
});
