import { describe, expect, it } from 'vitest';
import { bundleSources, withBundles } from '../../../lib/infra/bundles.ts';
import { changed, wellFormed } from '../../inventory/estate.ts';

describe('the functions of a secret whose values a human brings', { timeout: 120_000 }, () => {
  it('read at most 450 KB when they start, the campaign that tells people included', async () => {
    const inventory = changed(wellFormed(), ['secrets', 'app/key'], {
      kind: 'supplied',
      policy: 'monthly',
      target: { provider: 'anthropic', noLastUse: 'the worker alone uses it' },
      waves: [['worker']],
    });
    const names = ['keyturn-rotate-supplied', 'keyturn-retire-supplied', 'keyturn-campaign', 'keyturn-rollout'];
    const sources = bundleSources(inventory).filter(({ functionName }) => names.includes(functionName));
    await withBundles(sources, (bundles) => {
      expect(bundles.map(({ functionName }) => functionName).sort()).toEqual([...names].sort());
      for (const { functionName, bytesAtStart } of bundles) {
        process.stdout.write(`${functionName}: ${bytesAtStart} bytes\n`);
        expect(bytesAtStart, functionName).toBeLessThanOrEqual(450_000);
      }
    });
  });
});
