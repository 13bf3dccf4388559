import type { DeclaredSecret } from './stand-in.ts';

/** Secrets that live at one server of the inventory. */
export interface ServerPlan<Target> {
  /** `host:port` as the inventory has it. */
  address: string;
  secrets: readonly (DeclaredSecret & { target: Target })[];
}

/** One plan for each server that the secrets name. */
export function byServer<Target extends { host: string; port: number }>(
  secrets: readonly DeclaredSecret[],
  parseTarget: (target: unknown) => Target,
): ServerPlan<Target>[] {
  const parsed = secrets.map((secret) => ({ ...secret, target: parseTarget(secret.declaration.target) }));
  return Object.entries(Object.groupBy(parsed, ({ target }) => `${target.host}:${target.port}`)).map(
    ([address, at = []]) => ({ address, secrets: at }),
  );
}

/** Starts all; when one fails, those that did start are stopped. */
export async function startAll<Plan, Server extends { stop(): Promise<void> }>(
  plans: readonly Plan[],
  start: (plan: Plan) => Promise<Server>,
): Promise<Server[]> {
  const outcomes = await Promise.allSettled(plans.map(start));
  const servers = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failed.reason;
}

export interface Placed<Target, Server> {
  target: Target;
  server: Server;
}

/** Where each secret lives, by its name. */
export function placesOf<Target, Server>(
  plans: readonly ServerPlan<Target>[],
  servers: readonly Server[],
): (secret: DeclaredSecret) => Placed<Target, Server> {
  const places = new Map<string, Placed<Target, Server>>();
  for (const [index, plan] of plans.entries()) {
    const server = servers[index];
    if (server === undefined) continue;
    for (const { name, target } of plan.secrets) places.set(name, { target, server });
  }
  return ({ name }) => {
    const place = places.get(name);
    if (place === undefined) throw new Error(`nothing stands in for the target of ${name}`);
    return place;
  };
}
