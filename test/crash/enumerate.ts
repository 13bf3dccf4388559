import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type CrashMode, crashModes } from '../support/seam.ts';
import { type CourseName, courseOf } from './courses.ts';
import { type CrashPoint, cleanRun, crash, type Harness } from './crash.ts';
import type { Continuation } from './world-goes-on.ts';

/** A kind joins by being in the registry: its tests' folder has a harness. */
export async function harnessOf(kindId: string): Promise<Harness> {
  const file = `test/kinds/${kindId}/harness.ts`;
  if (!existsSync(file))
    throw new Error(`${kindId} is in the registry and has no ${file}: the crash matrix cannot run it`);
  const { startHarness } = (await import(pathToFileURL(file).href)) as { startHarness(): Promise<Harness> };
  return await startHarness();
}

/** A point of the matrix, and how many it stands for. */
interface Case {
  point: CrashPoint;
  stands: number;
}

/** Every call of a clean run × mode × continuation. */
function everyCase(course: CourseName, calls: readonly string[], modes: readonly CrashMode[]): Case[] {
  const { continuations } = courseOf(course);
  return calls.flatMap((_, index) =>
    modes.flatMap((mode) =>
      continuations.map((continuation) => ({ point: { course, index, mode, continuation }, stands: 1 })),
    ),
  );
}

/**
 * Without those that are the same as another: whether Secrets Manager tries again matters where the rotate function dies,
 * whether Step Functions does where another one dies. Where it does not matter, `retried` stands for both.
 */
function differingCases(cases: readonly Case[], calls: readonly string[]): Case[] {
  // From here on the rollout runs beside finishSecret, and which of their calls comes first is another one each time.
  const together = calls.indexOf('rotate: states:StartExecution');
  const alone = calls.findLastIndex((call) => call.startsWith('rotate: '));
  const sameAsRetried = (index: number): Continuation | undefined => {
    if (together >= 0 && index >= together && index <= alone) return undefined;
    return calls[index]?.startsWith('rotate: ') ? 'new attempt' : 'new token';
  };
  return cases.flatMap(({ point }) => {
    const same = sameAsRetried(point.index);
    if (point.continuation === same) return [];
    const isTwo = point.continuation === 'retried' && same && courseOf(point.course).continuations.includes(same);
    return [{ point, stands: isTwo ? 2 : 1 }];
  });
}

/** A sample that is the same for the same seed, spread over all. */
function sample<Item>(items: readonly Item[], size: number, seed: number): Item[] {
  if (items.length <= size) return [...items];
  const step = items.length / size;
  // A linear congruential step inside each stretch: https://en.wikipedia.org/wiki/Linear_congruential_generator (Numerical Recipes).
  let state = seed;
  return Array.from({ length: size }, (_, stretch) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return items[Math.floor(stretch * step + (state / 2 ** 32) * step)];
  }).filter((item) => item !== undefined);
}

export interface MatrixOutcome {
  line: string;
  failures: string[];
}

interface MatrixOptions {
  course?: CourseName;
  modes?: readonly CrashMode[];
  /** A sample. Default: whole. */
  some?: { size: number; seed: number };
  /** Runs those too that are the same as another. Default false. */
  twice?: boolean;
}

/** Runs the matrix of one kind, whole or as a sample, and says how many were survived. */
export async function runMatrix(
  kindId: string,
  harness: Harness,
  { course = 'rotation', modes = crashModes, some, twice = false }: MatrixOptions = {},
): Promise<MatrixOutcome> {
  const calls = await cleanRun(harness, course);
  const every = everyCase(course, calls, modes);
  const differing = twice ? every : differingCases(every, calls);
  const cases = some ? sample(differing, some.size, some.seed) : differing;
  const failures: string[] = [];
  let lost = 0;
  const left = cases.values();
  const work = async () => {
    for (const { point, stands } of left) {
      const { broken, struck } = await crash(harness, point);
      if (broken.length === 0) continue;
      lost += stands;
      failures.push(`${struck ?? `call ${point.index}`} ${point.mode}, ${point.continuation}: ${broken.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: harness.atOnce ?? 1 }, work));
  const title = course === 'rotation' ? kindId : `${kindId}, ${course}`;
  const ways = courseOf(course).continuations.length;
  const matrix = `${calls.length} calls × ${modes.length} modes × ${ways} continuations`;
  const same = every.length - differing.length;
  const whole = `${matrix} = ${every.length} crashes${same > 0 ? ` (${same} of them the same as another)` : ''}`;
  const line = some
    ? `${title}: ${cases.length} of ${matrix} = ${every.length} crashes, ${cases.length - failures.length} survived`
    : `${title}: ${whole}, ${every.length - lost} survived`;
  return { line, failures };
}
