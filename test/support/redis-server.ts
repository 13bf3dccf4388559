import { redisVersion } from '../../lib/rehearsal/estates/redis-server.ts';

export * from '../../lib/rehearsal/estates/redis-server.ts';

/** For `describe.runIf`; says in one line what is left out where it is not. */
export function redisInstalled(): boolean {
  if (redisVersion !== undefined) return true;
  process.stdout.write('left out: Redis is not installed (Debian: apt-get install redis-server)\n');
  return false;
}
