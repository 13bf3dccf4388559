import { CannotStart } from '../../estates/cannot-start.ts';
import type { StandIn } from '../stand-in.ts';

/** Nobody types a value into a dashboard while a rehearsal runs, and nobody destroys the old one there: such secrets are left out. */
export const standIn: StandIn = {
  title: 'keys that a human brings',
  sample: { target: { provider: 'anthropic', noLastUse: 'the console shows it to people only' } },
  missing: 'a rehearsal has no human who brings a value and destroys the old one',
  start([secret]) {
    return Promise.reject(new CannotStart(`${secret?.name} is of the kind supplied, which a rehearsal leaves out`));
  },
};
