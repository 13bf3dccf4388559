import { expect, it } from 'vitest';
import { harnessOf, runMatrix } from './enumerate.ts';

const kindId = process.env['CRASH_KIND'] ?? '';

it(`a function that dies at any external call, in any mode, however the world goes on, loses nothing of ${kindId}`, {
  timeout: 1_800_000,
}, async () => {
  const harness = await harnessOf(kindId);
  try {
    const { line, failures } = await runMatrix(kindId, harness);
    process.stdout.write(`${line}\n`);
    expect(failures).toEqual([]);
    // Whole on the kinds in memory (core.crash.ts): what differs by kind are the same verbs.
    for (const course of ['emergency', 'emergency, the outage accepted'] as const) {
      const outcome = await runMatrix(kindId, harness, { course, some: { size: 15, seed: 20_261_121 } });
      process.stdout.write(`${outcome.line}\n`);
      expect(outcome.failures).toEqual([]);
    }
  } finally {
    await harness.stop();
  }
});
