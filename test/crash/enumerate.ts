import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { kindIds } from '../../lib/kinds/registry.ts';
import { type CrashMode, crashModes } from '../support/seam.ts';
import { type CourseName, courseOf } from './courses.ts';
import { type CrashPoint, cleanRun, crash, type Harness } from './crash.ts';
import type { Continuation } from './world-goes-on.ts';

export { kindIds };

/** A kind joins by being in the registry: its tests' folder has a harness. */
export async function harnessOf(kindId: string): Promise<Harness> {
  const file = `test/kinds/${kindId}/harness.ts`;
  if (!existsSync(file))
    throw new Error(`${kindId} is in the registry and has no ${file}: the crash matrix cannot run it`);
  const { startHarness } = (await import(pathToFileURL(file).href)) as { startHarness(): Promise<Harness> };
  return await startHarness();
}

/** Every call of a clean run × mode × continuation. */
function everyPoint(course: CourseName, calls: number, modes: readonly CrashMode[]): CrashPoint[] {
  const points: CrashPoint[] = [];
  for (let index = 0; index < calls; index += 1) {
    for (const mode of modes) {
      for (const continuation of courseOf(course).continuations) points.push({ course, index, mode, continuation });
    }
  }
  return points;
}

/** A sample that is the same for the same seed, spread over all points. */
function sample(points: readonly CrashPoint[], size: number, seed: number): CrashPoint[] {
  if (points.length <= size) return [...points];
  const step = points.length / size;
  // A linear congruential step inside each stretch: https://en.wikipedia.org/wiki/Linear_congruential_generator (Numerical Recipes).
  let state = seed;
  return Array.from({ length: size }, (_, stretch) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const at = Math.floor(stretch * step + (state / 2 ** 32) * step);
    return (
      points[at] ?? {
        course: 'rotation' satisfies CourseName,
        index: 0,
        mode: 'killed before' satisfies CrashMode,
        continuation: 'retried' satisfies Continuation,
      }
    );
  });
}

export interface MatrixOutcome {
  line: string;
  failures: string[];
}

/** Runs the matrix of one kind, whole or as a sample, and says how many were survived. */
export async function runMatrix(
  kindId: string,
  harness: Harness,
  {
    course = 'rotation',
    modes = crashModes,
    some,
  }: { course?: CourseName; modes?: readonly CrashMode[]; some?: { size: number; seed: number } } = {},
): Promise<MatrixOutcome> {
  const calls = await cleanRun(harness, course);
  const all = everyPoint(course, calls.length, modes);
  const points = some ? sample(all, some.size, some.seed) : all;
  const failures: string[] = [];
  for (const point of points) {
    const { broken, struck } = await crash(harness, point);
    if (broken.length > 0)
      failures.push(`${struck ?? `call ${point.index}`} ${point.mode}, ${point.continuation}: ${broken.join('; ')}`);
  }
  const matrix = `${calls.length} calls × ${modes.length} modes × ${courseOf(course).continuations.length} continuations`;
  const what = some ? `${points.length} of ${matrix}` : `${matrix} = ${points.length} crashes`;
  const title = course === 'rotation' ? kindId : `${kindId}, ${course}`;
  return { line: `${title}: ${what}, ${points.length - failures.length} survived`, failures };
}
