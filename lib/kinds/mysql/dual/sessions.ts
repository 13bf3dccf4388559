import type { OpenSession } from '../sessions.ts';

/**
 * The sessions that surely began before an instant. Servers do not tell when a session began, only for how long it has been
 * idle, or at its statement, in whole seconds: in doubt by one of them, yes. Their numbers go up, so whatever has a lower one
 * than such a session is as old. One that was never idle for so long is not told from one that began later. Pure.
 * @param askedAtMs when the list was asked for, or before
 */
export function begunBefore(open: readonly OpenSession[], instantMs: number, askedAtMs: number): OpenSession[] {
  // Not `<`: a duration that cannot be read is none at all.
  const idle = open.filter(({ seconds }) => !(askedAtMs - (Number(seconds ?? Number.NaN) + 1) * 1000 >= instantMs));
  const latest = Math.max(...idle.map(({ id }) => Number(id)));
  return open.filter(({ id }) => Number(id) <= latest);
}

/** Looks that condemn: a login just before the change may not be listed at once; who comes later logged in with what stays. */
const looks = 2;

/** For `endSessions`: those from before an instant, or all that are there, where there is none to go by. */
export function condemning(instantMs: number | undefined): (open: OpenSession[], askedAtMs: number) => OpenSession[] {
  const condemned = new Set<number>();
  let looked = 0;
  return (open, askedAtMs) => {
    looked += 1;
    if (looked <= looks) {
      const old = instantMs === undefined ? open : begunBefore(open, instantMs, askedAtMs);
      for (const { id } of old) condemned.add(Number(id));
    }
    return open.filter(({ id }) => condemned.has(Number(id)));
  };
}
