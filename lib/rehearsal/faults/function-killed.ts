import type { Lambda } from '../../simulator/lambda/lambda.ts';
import { CannotStart } from '../estates/cannot-start.ts';
import type { Estate } from '../estates/estate.ts';
import type { Expectation } from './index.ts';

/** The functions that change something: a kind's two, the consumers' and the rollout's own. */
const victims = /^keyturn-(rotate-|retire-|refresh-|rollout$)/;

/** The same run each time: what died at this seed dies there again. */
const seed = 20_261_121;

/** An invocation of any of them takes longer: most calls of the four steps wait for a target or for AWS. */
const longestMs = 25;
/** Of a function's invocations: each of them is invoked more often than that in one rehearsal. */
const invocations = 3;

/**
 * Each function's process is killed once (SIGKILL), some milliseconds after it was given one of its first events: nothing
 * that it would still have done is done, and nobody hears of what it did. Secrets Manager and Step Functions try again.
 */
export function functionKilled({ world }: Pick<Estate, 'world'>): Expectation {
  const lambda = world.service<Lambda>('lambda');
  const names = lambda
    .definitions()
    .map(({ name }) => name)
    .filter((name) => victims.test(name));
  if (names.length === 0) throw new CannotStart('no function is deployed that could be killed');
  const alive = new Set(names);
  const random = sequence(seed);
  for (const name of names) {
    let spared = Math.floor(random() * invocations);
    const afterMs = Math.ceil(random() * longestMs);
    lambda.killDuring(name, () => {
      spared -= 1;
      if (spared >= 0) return false;
      alive.delete(name);
      return afterMs;
    });
  }
  return { results: {}, interrupted: true, missed: () => [...alive].map((name) => `${name} was never killed`) };
}

/** Numbers from 0 to 1. https://en.wikipedia.org/wiki/Linear_congruential_generator (Numerical Recipes). */
function sequence(from: number): () => number {
  let state = from;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
