import { redisMissing } from '../../lib/rehearsal/estates/redis-server.ts';

export * from '../../lib/rehearsal/estates/redis-server.ts';

/** For `describe.runIf`; says in one line what is left out where it is not. */
export function redisInstalled(): boolean {
  if (redisMissing === undefined) return true;
  process.stdout.write(`left out: ${redisMissing}\n`);
  return false;
}
