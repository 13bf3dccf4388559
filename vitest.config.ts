import { defineConfig } from 'vitest/config';

/** It counts failed requests: it gets the machine to itself. */
const endToEnd = 'test/e2e/rehearsal.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/support/node-version.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [endToEnd],
          // They wait for servers more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
          // Real servers and processes start in many of them.
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { name: 'end to end', include: [endToEnd], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
