import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { trials } from './test/trials/trials.ts';

/** `npm run test:trials`: the tests on a product without one of its guards (TRIAL), to show that they see it. */
const trial = trials.find(({ id }) => id === process.env['TRIAL']);

export default defineConfig({
  plugins: [
    {
      name: 'keyturn:trial',
      enforce: 'pre',
      transform(code, id) {
        if (trial === undefined || id.split('?')[0] !== resolve(trial.file)) return undefined;
        return trial.changes.reduce((changed, { from, to }) => {
          if (changed.split(from).length !== 2) throw new Error(`${trial.file} has not once: ${from}`);
          return changed.replace(from, () => to);
        }, code);
      },
    },
  ],
  test: {
    globalSetup: ['test/support/node-version.ts'],
    include: ['test/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
