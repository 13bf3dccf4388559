import { pgbouncerVersion } from '../../lib/rehearsal/estates/pgbouncer-server.ts';

export * from '../../lib/rehearsal/estates/pgbouncer-server.ts';

/** For `describe.runIf`; says in one line what is left out where it is not. */
export function pgbouncerInstalled(): boolean {
  if (pgbouncerVersion !== undefined) return true;
  process.stdout.write('left out: PgBouncer is not installed (Debian: apt-get install pgbouncer)\n');
  return false;
}
