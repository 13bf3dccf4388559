import { it } from 'vitest';
import { startHarness } from '../kinds/iam-access-key/simulated-iam.ts';
import { crashModes } from '../support/seam.ts';
import { cleanRun, crash } from './crash.ts';
import { continuations } from './world-goes-on.ts';

it('tries', async () => {
  const harness = await startHarness();
  try {
    const calls = await cleanRun(harness);
    console.log(calls.map((c, i) => `${i} ${c}`).join('\n'));
    const t0 = Date.now();
    let n = 0;
    for (let index = 0; index < calls.length; index += 1)
      for (const mode of crashModes)
        for (const continuation of Object.keys(continuations) as (keyof typeof continuations)[]) {
          n++;
          const broken = await crash(harness, { index, mode, continuation });
          if (broken.length) process.stdout.write([index, calls[index], '|', mode, '|', continuation, '=>', broken.join("; ")].join(" ")+"\n");
        }
    console.log(n, 'in', Date.now() - t0);
  } finally {
    await harness.stop();
  }
}, 600_000);
