import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Situation, type TaskView } from '../../../lib/simulator/ecs/decide.ts';

function task(id: string, deploymentId: string, healthy = true): TaskView {
  return { id, deploymentId, healthy };
}

const situation: Situation = {
  desiredCount: 2,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  primary: { id: 'new', launches: true },
  older: [{ id: 'old', keep: 2 }],
  tasks: [task('o1', 'old'), task('o2', 'old')],
};

describe('the rolling update (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html)', () => {
  it('starts the new tasks beside the old when the maximum allows', () => {
    expect(decide(situation)).toMatchObject({ start: [{ deploymentId: 'new', count: 2 }], stop: [], steady: false });
  });

  it('stops one old task for each new one that is healthy', () => {
    const tasks = [...situation.tasks, task('n1', 'new'), task('n2', 'new', false)];
    expect(decide({ ...situation, tasks })).toMatchObject({ start: [], stop: ['o1'], steady: false });
  });

  it('stops old tasks first when the maximum leaves no room', () => {
    const tight = { ...situation, minimumHealthyPercent: 50, maximumPercent: 100 };
    expect(decide(tight)).toMatchObject({ stop: ['o1'], start: [{ deploymentId: 'new', count: 1 }] });
  });

  it('rounds the minimum up and the maximum down', () => {
    const odd = { ...situation, desiredCount: 3, minimumHealthyPercent: 50, maximumPercent: 150 };
    const tasks = [task('o1', 'old'), task('o2', 'old'), task('o3', 'old')];
    expect(decide({ ...odd, tasks })).toMatchObject({ stop: ['o1'], start: [{ deploymentId: 'new', count: 2 }] });
  });

  it('launches nothing for a FAILED deployment and lets the old tasks be', () => {
    const failed = { ...situation, primary: { id: 'new', launches: false } };
    expect(decide({ ...failed, tasks: [...situation.tasks, task('n1', 'new')] })).toMatchObject({
      stop: [],
      start: [],
    });
  });

  it('replaces an old task that is gone by the old version', () => {
    const tasks = [task('o1', 'old'), task('n1', 'new', false), task('n2', 'new', false)];
    expect(decide({ ...situation, tasks })).toMatchObject({ start: [{ deploymentId: 'old', count: 1 }], stop: [] });
  });

  it('is steady with the new tasks healthy and nothing else', () => {
    const tasks = [task('n1', 'new'), task('n2', 'new')];
    expect(decide({ ...situation, older: [], tasks })).toMatchObject({ start: [], stop: [], steady: true });
  });

  it('stops everything at a desired count of zero', () => {
    expect(decide({ ...situation, desiredCount: 0 }).stop).toEqual(['o1', 'o2']);
  });

  it('never goes below the minimum by itself nor above the maximum, and ends', () => {
    const setting = fc.record({
      desiredCount: fc.integer({ min: 0, max: 6 }),
      minimumHealthyPercent: fc.constantFrom(0, 50, 100),
      maximumPercent: fc.constantFrom(100, 150, 200),
    });
    fc.assert(
      fc.property(setting, (bounds) => {
        // Otherwise nothing may go and nothing may come: AWS's "unable to replace tasks".
        const lower = Math.ceil((bounds.desiredCount * bounds.minimumHealthyPercent) / 100);
        const upper = Math.floor((bounds.desiredCount * bounds.maximumPercent) / 100);
        fc.pre(upper > lower || bounds.desiredCount === 0);
        let next = 0;
        let tasks = Array.from({ length: bounds.desiredCount }, () => task(`o${next++}`, 'old'));
        let keep = bounds.desiredCount;
        for (let round = 0; round < 100; round++) {
          const older = keep > 0 || tasks.some((each) => each.deploymentId === 'old') ? [{ id: 'old', keep }] : [];
          const decision = decide({ ...bounds, primary: { id: 'new', launches: true }, older, tasks });
          if (decision.steady) return;
          keep = decision.keep.get('old') ?? 0;
          tasks = tasks.filter((each) => !decision.stop.includes(each.id));
          expect(tasks.filter((each) => each.healthy).length).toBeGreaterThanOrEqual(lower);
          const settled = tasks.map((each) => ({ ...each, healthy: true }));
          const launched = decision.start.flatMap(({ deploymentId, count }) =>
            Array.from({ length: count }, () => task(`n${next++}`, deploymentId, false)),
          );
          tasks = [...settled, ...launched];
          expect(tasks.length).toBeLessThanOrEqual(upper);
        }
        expect.fail('It does not end');
      }),
    );
  });
});
