import { describe } from 'vitest';
import { describeCrashes } from '../../crash/describe-crashes.ts';
import { redisInstalled } from '../../support/redis-server.ts';
import { startHarness } from './harness.ts';

describe.runIf(redisInstalled())('on a real server', () => {
  describeCrashes('redis', () => startHarness());
});
