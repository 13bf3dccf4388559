import { describe } from 'vitest';
import { describeKind } from '../../support/describe-kind.ts';
import { redisInstalled } from '../../support/redis-server.ts';
import { startHarness } from './harness.ts';

describe.runIf(redisInstalled())('on a real server', () => {
  describeKind('redis, a primary and a replica with ACL files', () => startHarness());
  describeKind('redis, users in redis.conf', () => startHarness({ users: 'config', replicas: 0 }));
});
