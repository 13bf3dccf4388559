import type { House } from '../support/house.ts';
import { operatorOf } from '../support/operator.ts';
import { type Continuation, continuations, settle, turnThrough } from './world-goes-on.ts';

/** What a crash comes in between. */
export interface Course {
  /** Comes before; nothing is struck in it. */
  prepare(house: House): Promise<void>;
  /** Goes on, whatever was struck, until nothing moves. */
  run(house: House): Promise<void>;
  continuations: readonly Continuation[];
}

/** How often an operator runs the command again. */
const TRIES = 5;

export const courses = {
  /** One rotation and its rollout. */
  rotation: { prepare: async () => undefined, run: turnThrough, continuations: Object.keys(continuations) },
  /** An emergency during a soak: the open rollout is ended at once, then it is rotated. */
  emergency: emergency({ acceptOutage: false }),
  'emergency, the outage accepted': emergency({ acceptOutage: true }),
} as const satisfies Record<string, Omit<Course, 'continuations'> & { continuations: readonly string[] }>;
export type CourseName = keyof typeof courses;

export function courseOf(name: CourseName): Course {
  return courses[name] as Course;
}

function emergency(options: { acceptOutage: boolean }) {
  return {
    async prepare(house: House) {
      house.entry.timings.soakSeconds = 60;
      await house.start();
      const isSoaking = () =>
        house.states.executionsOf().some(({ history }) => JSON.stringify(history.events.at(-1)).includes('"Soak"'));
      while (!isSoaking()) await new Promise((resolve) => setTimeout(resolve, 1));
      house.entry.timings.soakSeconds = 0;
    },
    async run(house: House) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        await house.bring();
        const code = await operatorOf(house).declareEmergency(options);
        await settle(house);
        if (code === 0) return;
      }
      throw new Error('the emergency does not end');
    },
    // A rotation that Secrets Manager gives up is the same in both courses.
    continuations: ['retried', 'new attempt'],
  };
}
