import { describe, expect, it } from 'vitest';
import { runMatrix } from '../../crash/enumerate.ts';
import { hasMariadb } from '../../support/mariadb-server.ts';
import { startDualHarness } from './dual.ts';

describe.runIf(hasMariadb)('a function that dies at an external call', () => {
  it('loses nothing with two passwords of one user, in a sample of all points', { timeout: 300_000 }, async () => {
    const harness = await startDualHarness();
    try {
      const { line, failures } = await runMatrix('mysql, dual passwords', harness, {
        some: { size: 15, seed: 20_261_121 },
      });
      process.stdout.write(`${line}\n`);
      expect(failures).toEqual([]);
    } finally {
      await harness.stop();
    }
  });
});
