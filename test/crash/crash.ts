import type { KindEstate, KindHarness } from '../support/describe-kind.ts';
import { buildHouse, type House } from '../support/house.ts';
import { type CrashMode, Seam } from '../support/seam.ts';
import '../support/seamed-clients.ts';
import { type CourseName, courseOf } from './courses.ts';
import { type Continuation, continuations, turnThrough } from './world-goes-on.ts';

export interface CrashPoint {
  course: CourseName;
  /** Among the calls of the course; those of its preparation come before. */
  index: number;
  mode: CrashMode;
  continuation: Continuation;
}

// biome-ignore lint/suspicious/noExplicitAny: any kind's harness.
export type Harness = KindHarness<any, any>;

async function houseOf(
  harness: Harness,
  estate: KindEstate<unknown>,
  seam: Seam,
  continuation: Continuation,
): Promise<House> {
  const context = estate.context();
  const adminName = harness.kind.facts.adminSecretOf(estate.target);
  const house = await buildHouse({
    seam,
    ...continuations[continuation],
    promotionSeconds: harness.promotionSeconds ?? 1,
    entry: {
      views: [{ secret: 'house/VIEW', template: viewTemplate(harness, estate.target) }],
    },
    estate: {
      kind: harness.kind,
      target: estate.target,
      initial: estate.current,
      adminSecret: adminName === undefined ? undefined : { name: adminName, value: await context.admin() },
      ...(estate.further && { further: estate.further }),
      clock: context.clock,
      human: estate.human,
    },
  });
  for (const consumer of house.consumers.values())
    consumer.onStart = async () => estate.converge?.(await house.current());
  return house;
}

/** A view that holds the whole credential, so that it can be logged in with. */
function viewTemplate({ kind: { facts } }: Harness, target: unknown): string {
  const fields = Object.keys({ ...facts.fields, ...facts.fieldsOf?.(target) }).map(
    (field) => `"${field}":"{${field}:json}"`,
  );
  return `{${fields.join(',')}}`;
}

/** The external calls of one course without a failure, oldest first. */
export async function cleanRun(harness: Harness, name: CourseName): Promise<string[]> {
  const course = courseOf(name);
  const seam = new Seam();
  const estate = await harness.estate();
  const house = await houseOf(harness, estate, seam, 'retried');
  try {
    await course.prepare(house);
    const before = seam.calls.length;
    await course.run(house);
    const broken = await brokenLaws(harness, estate, house);
    if (broken.length > 0) throw new Error(`a clean run breaks laws: ${broken.join('; ')}`);
    return seam.calls.slice(before);
  } finally {
    await house.close();
    estate.release?.();
  }
}

/**
 * One crash, and how the world goes on: the call that it struck, and the laws that are broken; none is what is wanted.
 * Whatever was written down meanwhile is searched for the secrets.
 */
export async function crash(
  harness: Harness,
  point: CrashPoint,
): Promise<{ struck: string | undefined; broken: string[] }> {
  const seam = new Seam();
  const estate = await harness.estate();
  const house = await houseOf(harness, estate, seam, point.continuation);
  // What was said when the account was made is the test's own.
  const log = await harness.log?.();
  if (log) house.alsoWritten.push(async () => ({ name: 'the target’s log', text: await log() }));
  const broken: string[] = [];
  try {
    broken.push(...(await brokenBy(point, seam, { harness, estate, house })));
  } catch (error) {
    broken.push(`the run failed: ${(error as Error).message}`);
  }
  await house.close().catch((error: Error) => broken.push(error.message));
  estate.release?.();
  return { struck: seam.struck, broken };
}

async function brokenBy(
  point: CrashPoint,
  seam: Seam,
  { harness, estate, house }: { harness: Harness; estate: KindEstate<unknown>; house: House },
): Promise<string[]> {
  const course = courseOf(point.course);
  const watch = watchCurrent(estate, house);
  try {
    await course.prepare(house);
    seam.arm(point);
    await course.run(house);
    const broken = [...watch.broken, ...(await brokenLaws(harness, estate, house))];
    if (broken.length > 0) return broken;
    // The next rotation must be possible, and whole.
    const before = (await house.labelsOf())['AWSCURRENT'];
    await turnThrough(house);
    if ((await house.labelsOf())['AWSCURRENT'] === before) broken.push('the next rotation did not promote');
    return [...broken, ...(await brokenLaws(harness, estate, house))];
  } finally {
    watch.stop();
  }
}

/** Law 1 at every instant: right after each failed invocation, AWSCURRENT and the view log in. */
function watchCurrent(estate: KindEstate<unknown>, house: House): { broken: string[]; stop(): void } {
  const broken: string[] = [];
  let watching = true;
  house.afterFailure = async (functionName) => {
    if (!watching) return;
    const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
    if ((await estate.logIn(current)) !== 'accepted') broken.push(`AWSCURRENT is refused after ${functionName} failed`);
  };
  return {
    broken,
    stop() {
      watching = false;
    },
  };
}

async function brokenLaws(harness: Harness, estate: KindEstate<unknown>, house: House): Promise<string[]> {
  const broken: string[] = [];
  const context = estate.context();
  const labels = await house.labelsOf();
  const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
  const view = await house.store.read('house/VIEW', { label: 'AWSCURRENT' });
  const retired = house.records.some(({ result }) => result === 'retired');
  const [kept, old, viewed] = await Promise.all([
    estate.logIn(current),
    estate.logInLeaving?.(estate.current, current) ?? estate.logIn(estate.current),
    // Before, it may say what it said before Keyturn came.
    retired ? estate.logIn(view) : undefined,
  ]);
  if (kept !== 'accepted') broken.push('AWSCURRENT is refused');
  // Effective identity and privileges, as the kind knows them.
  const credential = harness.kind.parse(current, estate.target);
  await harness.kind
    .verify(context, credential)
    .catch((error: Error) => broken.push(`AWSCURRENT does not verify: ${error.message}`));
  if (retired && viewed !== 'accepted') broken.push('the view is refused');
  if (retired && old === 'accepted') broken.push('the old credential lives after its rollout was recorded as retired');
  const proven = house.records.some(({ refusals }) => (refusals as unknown[]).length > 0);
  if (!proven && old !== 'accepted') broken.push('the old credential is dead without a proof');
  if (labels['KEYTURN_RETIRING'] !== undefined) broken.push('a version is still retiring');
  if (labels['AWSPENDING'] !== undefined && labels['AWSPENDING'] !== labels['AWSCURRENT'])
    broken.push('a stale AWSPENDING blocks the next rotation');
  if (harness.kind.origin === 'minted') {
    const live = await harness.kind.listLive({ ...context, secretArn: house.secretArn });
    if (live.length > 1) broken.push(`${live.length - 1} credentials live beside the current one`);
  }
  return broken;
}
