import { defineConfig } from 'vitest/config';

/** `npm run test:mutation`: the tests that start no server program and no process, which Stryker runs again for every mutant. */
export default defineConfig({
  test: {
    include: [
      'test/core/**/*.test.ts',
      'test/kinds/**/*decisions.test.ts',
      'test/kinds/key-set/{succession,target}.test.ts',
      'test/kinds/http-api-key/{http-api-key,client,target}.test.ts',
      'test/kinds/iam-access-key/*.test.ts',
      'test/kinds/supplied/{human,waiting-value}.test.ts',
    ],
    // Seconds for every mutant, and what they would find the scenarios find.
    exclude: ['test/core/model/**'],
    testTimeout: 10_000,
    // Whatever a mutant changes is read at run time, so the modules can stay loaded: a third of the time.
    isolate: false,
  },
});
