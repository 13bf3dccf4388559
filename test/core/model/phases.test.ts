import { describe, expect, it } from 'vitest';
import { allGuards, type Guards, type State, start, stepsFrom } from './phases.ts';

/** Laws of a state; those of a step stand with the step. */
function brokenIn(state: State): string | undefined {
  if (!(state.current === 'O' ? state.acceptsO : state.acceptsN)) return 'AWSCURRENT always works';
  if (state.acceptsN && !state.stored) return 'nothing is lost';
  return undefined;
}

/** Every reachable state, breadth first; ends at the first broken law, with the shortest way to it. */
function explore(guards: Guards): { states: number; steps: number; broken?: string; way: string[]; ends: Set<string> } {
  const cameFrom = new Map<string, { name: string; from: string } | undefined>([[JSON.stringify(start), undefined]]);
  const queue: State[] = [start];
  const ends = new Set<string>();
  let steps = 0;
  const wayTo = (key: string): string[] => {
    const last = cameFrom.get(key);
    return last === undefined ? [] : [...wayTo(last.from), last.name];
  };
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    const from = JSON.stringify(state);
    ends.add(state.rollout);
    for (const { name, to, breaks } of stepsFrom(state, guards)) {
      steps += 1;
      const broken = brokenIn(to) ?? breaks;
      if (broken !== undefined) return { states: cameFrom.size, steps, broken, way: [...wayTo(from), name], ends };
      const key = JSON.stringify(to);
      if (cameFrom.has(key)) continue;
      cameFrom.set(key, { name, from });
      queue.push(to);
    }
  }
  return { states: cameFrom.size, steps, way: [], ends };
}

describe('the phases of a rotation and its rollout', () => {
  it('keep the laws in every state that they can reach', () => {
    const { states, steps, broken, way, ends } = explore(allGuards);
    console.log(`phases: ${states} states, ${steps} steps explored`);
    expect(broken, way.join(' → ')).toBeUndefined();
    // The model looked at something: every end of a rollout is among the states.
    expect([...ends]).toEqual(expect.arrayContaining(['retired', 'rolled back', 'held', 'abandoned']));
    expect(states).toBeGreaterThan(1000);
  });

  it.each<[keyof Guards, string]>([
    ['gate', 'no proof, no revocation'],
    ['storeBeforeTarget', 'nothing is lost'],
    ['retiringLabel', 'one open rollout'],
    ['reRead', 'AWSCURRENT always works'],
    ['waitOut', 'AWSCURRENT always works'],
    ['discardLooksAtPending', 'a pending credential is discarded'],
    ['knowsPromoted', 'no proof, no revocation'],
    ['staysDead', 'what is compromised stays dead'],
  ])('break a law without the guard %s: %s', (guard, law) => {
    const { states, broken, way } = explore({ ...allGuards, [guard]: false });
    console.log(`without ${guard}: ${broken} after ${states} states: ${way.join(' → ')}`);
    expect(broken).toBe(law);
  });
});
