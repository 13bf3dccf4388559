import { defineConfig } from 'vitest/config';
import { type KindId, kindIds } from './lib/kinds/registry.ts';

/** The one that takes longest begins. */
const slowest: KindId = 'ssh-key';
const inOrder = [slowest, ...kindIds.filter((kindId) => kindId !== slowest)];

/** `npm run test:crash`: the whole crash matrix, one worker per kind; `core` is every course on kinds in memory. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/node-version.ts'],
    maxWorkers: 2,
    disableConsoleIntercept: true,
    projects: [
      ...inOrder.map((kindId) => ({
        test: {
          name: kindId,
          include: ['test/crash/matrix.crash.ts'],
          setupFiles: ['test/crash/quick-names.setup.ts'],
          env: { CRASH_KIND: kindId },
        },
      })),
      { test: { name: 'core', include: ['test/crash/core.crash.ts'] } },
    ],
  },
});
