import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whole rotations, over HTTP or without: a tenth of a second and more for each file. */
const slow =
  /scenarios|machine|rotator|final-disable|campaign\.test|watch-label|supplied\/|http-api-key\.test|iam-access-key/;

/** Most mutants end in a test that takes a millisecond, and nothing runs after it. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => Number(slow.test(one.moduleId)) - Number(slow.test(other.moduleId)));
  }
}

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
    sequence: { sequencer: QuickFirst },
  },
});
