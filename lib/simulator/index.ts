import { Sts } from './services/sts/sts.ts';
import { createWorld, type SimulatedWorld, type WorldOptions } from './world.ts';

export interface SimulatorOptions extends WorldOptions {
  /** Default 0: a free port. */
  port?: number;
}

/** An AWS on loopback, listening, with every service registered and nothing deployed. Close it with `world.close()`. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<SimulatedWorld> {
  const world = createWorld(options);
  for (const service of [new Sts(world)]) world.register(service);
  await world.listen(options.port);
  return world;
}
