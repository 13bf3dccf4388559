import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { kindIds } from './lib/kinds/registry.ts';

/** Minutes each: whatever comes beside them is done before they are. */
const slow = ['ssh-key', 'core'];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification) =>
      slow.includes(project.name) ? slow.indexOf(project.name) : slow.length;
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

/** `npm run test:crash`: the whole crash matrix, one worker per kind; `core` is every course on kinds in memory. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/node-version.ts'],
    maxWorkers: 2,
    disableConsoleIntercept: true,
    sequence: { sequencer: SlowFirst },
    projects: [
      { test: { name: 'core', include: ['test/crash/core.crash.ts'] } },
      ...kindIds.map((kindId) => ({
        test: {
          name: kindId,
          include: ['test/crash/matrix.crash.ts'],
          setupFiles: ['test/crash/quick-names.setup.ts'],
          env: { CRASH_KIND: kindId },
        },
      })),
    ],
  },
});
