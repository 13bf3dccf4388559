import { describe, expect, it } from 'vitest';
import { harnessOf, kindIds, runMatrix } from './enumerate.ts';

/** Kinds that are asked for, such as those of a trial. */
const asked = process.env['CRASH_KINDS']?.split(',');
const kinds = kindIds.filter((kindId) => asked?.includes(kindId) ?? true);

/** The same points each time; `npm run test:crash` runs every one. */
const seed = 20_261_120;

describe('a function that dies at an external call', () => {
  it.each(kinds)('of %s loses nothing, in a sample of all points', { timeout: 300_000 }, async (kindId) => {
    const harness = await harnessOf(kindId);
    try {
      const { rotation, emergency } = harness.crashSample ?? { rotation: 60, emergency: 12 };
      const { line, failures } = await runMatrix(kindId, harness, { some: { size: rotation, seed } });
      process.stdout.write(`${line}\n`);
      expect(failures).toEqual([]);
      for (const course of emergency > 0 ? (['emergency', 'emergency, the outage accepted'] as const) : []) {
        const outcome = await runMatrix(kindId, harness, { course, some: { size: emergency, seed } });
        process.stdout.write(`${outcome.line}\n`);
        expect(outcome.failures).toEqual([]);
      }
    } finally {
      await harness.stop();
    }
  });
});
