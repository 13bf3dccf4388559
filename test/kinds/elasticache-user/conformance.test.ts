import { describe } from 'vitest';
import { describeKind } from '../../support/describe-kind.ts';
import { redisInstalled } from '../../support/redis-server.ts';
import { startHarness } from './harness.ts';

describe.runIf(redisInstalled())('with a real server behind ElastiCache', () => {
  describeKind('elasticache-user, a primary and a replica', () => startHarness({ replicas: 1 }));
  describeKind('elasticache-user, serverless', () => startHarness({ serverless: true }));
});
