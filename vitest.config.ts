import { defineConfig } from 'vitest/config';

/** The end-to-end tests count failed requests and watch processes: they get the machine to themselves, one after the other. */
const endToEnd = 'test/e2e/**/*.test.ts';

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
        test: { name: 'end to end', include: [endToEnd], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
