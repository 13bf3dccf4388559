import { beforeAll, describe, expect, it } from 'vitest';
import type { CourseName } from './courses.ts';
import type { Harness } from './crash.ts';
import { runMatrix } from './enumerate.ts';

/** The same points each time; `npm run test:crash` runs every one. */
const seed = 20_261_120;

/** A sample of a kind's crash matrix: so many points of a rotation, and of each emergency; 60 in all. */
export function describeCrashes(
  title: string,
  start: () => Promise<Harness>,
  { rotation = 48, emergency = 6 }: { rotation?: number; emergency?: number } = {},
): void {
  const sizes = { rotation, emergency, 'emergency, the outage accepted': emergency } satisfies Record<
    CourseName,
    number
  >;
  const courses = Object.entries(sizes).filter(([, size]) => size > 0) as [CourseName, number][];
  describe(`a function of ${title} that dies at an external call`, () => {
    let harness: Harness;
    beforeAll(async () => {
      harness = await start();
      return () => harness.stop();
    });

    it.each(courses)(
      'loses nothing in the course of a %s, in a sample of %i points',
      { timeout: 300_000 },
      async (course, size) => {
        const { line, failures } = await runMatrix(title, harness, { course, some: { size, seed } });
        process.stdout.write(`${line}\n`);
        expect(failures).toEqual([]);
      },
    );
  });
}
