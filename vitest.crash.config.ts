import { defineConfig } from 'vitest/config';

/** `npm run test:crash`: the whole crash matrix, a worker per kind where there are cores. */
export default defineConfig({
  test: {
    include: ['test/crash/*.crash.ts'],
    globalSetup: ['test/support/node-version.ts'],
    maxWorkers: 2,
    disableConsoleIntercept: true,
  },
});
