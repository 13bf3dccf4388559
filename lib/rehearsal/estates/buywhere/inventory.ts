import type { Inventory, SecretDeclaration, ViewDeclaration } from '../../../inventory/types.ts';

/**
 * The inventory as it stands, aimed at this machine's database: only hosts, ports and the CA differ. One server stands in
 * for the writer, its replicas and the pooler.
 */
export function atDatabase(inventory: Inventory, place: { host: string; port: number; ca: string }): Inventory {
  return {
    ...inventory,
    secrets: mapValues(inventory.secrets, (secret) =>
      secret.kind === 'postgres' ? aimDatabase(secret, place) : secret,
    ),
  };
}

/** Its checks aimed at this machine's balancers, by consumer: only the URLs differ. */
export function atBalancers(inventory: Inventory, urls: Readonly<Record<string, string>>): Inventory {
  return {
    ...inventory,
    consumers: mapValues(inventory.consumers, (consumer, name) => ({
      ...consumer,
      checks: consumer.checks.map((check) => ({ ...check, config: aim(check.config, urls[name]) })),
    })),
  };
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function aim(config: unknown, origin: string | undefined): unknown {
  const { url, ...rest } = config as { url: string };
  const { pathname, search } = new URL(url);
  return { ...rest, url: `${origin}${pathname}${search}`, plaintext: 'the balancer of the rehearsal is on loopback' };
}

function aimDatabase(
  secret: SecretDeclaration,
  { host, port, ca }: { host: string; port: number; ca: string },
): SecretDeclaration {
  return {
    ...secret,
    target: { ...(secret.target as object), host, port, tls: { ca }, replicas: [] },
    views: mapValues(secret.views ?? {}, aimView),
  };
}

function aimView(view: string | ViewDeclaration): string | ViewDeclaration {
  if (typeof view === 'string') return view.replace(/@[^/@]+\//, '@{host}:{port}/');
  return { ...view, template: String(aimView(view.template)) };
}
