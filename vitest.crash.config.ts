import { defineConfig } from 'vitest/config';
import { kindIds } from './lib/kinds/registry.ts';

/** `npm run test:crash`: the whole crash matrix, one worker per kind. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/node-version.ts'],
    maxWorkers: 2,
    disableConsoleIntercept: true,
    projects: kindIds.map((kindId) => ({
      test: { name: kindId, include: ['test/crash/matrix.crash.ts'], env: { CRASH_KIND: kindId } },
    })),
  },
});
