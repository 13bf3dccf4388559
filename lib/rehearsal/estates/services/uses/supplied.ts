import type { Use } from '../use.ts';

/** No service of a rehearsal is given such a key: `stand-ins/supplied` leaves its secrets out. @throws Error always */
export function openUse(): Use {
  throw new Error('secrets of the kind supplied are left out of a rehearsal');
}
