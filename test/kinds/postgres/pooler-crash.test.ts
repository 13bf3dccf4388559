import { describe, expect, it } from 'vitest';
import { runMatrix } from '../../crash/enumerate.ts';
import { pgbouncerInstalled } from '../../support/pgbouncer-server.ts';
import { startPooledHarness } from './pooled.ts';

describe.runIf(pgbouncerInstalled())('a function that dies at an external call', () => {
  it.each(['auth_file', 'auth_query'] as const)(
    'loses nothing behind a PgBouncer with %s, in a sample of all points',
    { timeout: 300_000 },
    async (auth) => {
      const harness = await startPooledHarness(auth);
      try {
        const { line, failures } = await runMatrix(`postgres, ${auth}`, harness, {
          some: { size: 15, seed: 20_261_121 },
        });
        process.stdout.write(`${line}\n`);
        expect(failures).toEqual([]);
      } finally {
        await harness.stop();
      }
    },
  );
});
