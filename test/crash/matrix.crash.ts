import { describe, expect, it } from 'vitest';
import { harnessOf, kindIds, runMatrix } from './enumerate.ts';

describe('a function that dies at any external call, in any mode, however the world goes on', () => {
  it.each(kindIds)('of %s loses nothing', { timeout: 900_000 }, async (kindId) => {
    const harness = await harnessOf(kindId);
    try {
      const { line, failures } = await runMatrix(kindId, harness);
      process.stdout.write(`${line}\n`);
      expect(failures).toEqual([]);
    } finally {
      await harness.stop();
    }
  });
});
