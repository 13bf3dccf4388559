import { registerEcs } from './ecs/index.ts';
import { registerEvents } from './events/events.ts';
import { registerLambda } from './lambda/lambda.ts';
import { registerScheduler } from './scheduler/scheduler.ts';
import { ElastiCache, type ElastiCacheOptions } from './services/elasticache/elasticache.ts';
import { Iam } from './services/iam/iam.ts';
import { S3 } from './services/s3/s3.ts';
import type { RotatorOptions } from './services/secrets-manager/rotator.ts';
import { SecretsManager } from './services/secrets-manager/secrets-manager.ts';
import { Sns } from './services/sns/sns.ts';
import type { RunCommandOptions } from './services/ssm/run-command.ts';
import { Ssm } from './services/ssm/ssm.ts';
import { Sts } from './services/sts/sts.ts';
import { registerStates } from './states/states.ts';
import { createWorld, type SimulatedWorld, type WorldOptions } from './world.ts';

export interface SimulatorOptions extends WorldOptions, RotatorOptions, ElastiCacheOptions, RunCommandOptions {
  /** Default 0: a free port. */
  port?: number;
}

/** An AWS on loopback, listening, with every service registered and nothing deployed. Close it with `world.close()`. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<SimulatedWorld> {
  const world = createWorld(options);
  // One line per service; a service finds the others through the world, so the order is of no importance.
  world.register(new Iam(world));
  world.register(new Sts(world));
  world.register(new SecretsManager(world, options));
  world.register(new Ssm(world, options));
  world.register(new Sns(world));
  world.register(new S3(world));
  world.register(new ElastiCache(world, options));
  registerLambda(world);
  registerStates(world);
  registerEvents(world);
  registerScheduler(world);
  registerEcs(world);
  await world.listen(options.port);
  return world;
}
