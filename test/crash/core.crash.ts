import { expect, it } from 'vitest';
import { type CourseName, courses } from './courses.ts';
import { runMatrix } from './enumerate.ts';
import { memoryHarnesses } from './memory-harness.ts';

it.each(
  Object.entries(memoryHarnesses).flatMap(([name, start]) =>
    Object.keys(courses).map((course) => [course as CourseName, name, start] as const),
  ),
)(
  '%s of %s: a function that dies at any call of the core loses nothing',
  { timeout: 1_800_000 },
  async (course, name, start) => {
    const { line, failures } = await runMatrix(name, start(), { course, twice: true });
    process.stdout.write(`${line}\n`);
    expect(failures).toEqual([]);
  },
);
