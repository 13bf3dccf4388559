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
  } finally {
    await harness.stop();
  }
});
