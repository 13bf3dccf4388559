import type { Inventory, SecretDeclaration, ViewDeclaration } from '../../inventory/types.ts';
import type { Targets } from '../stand-ins/stand-in.ts';

/** The inventory as it stands, aimed at this machine's targets: only hosts, ports and CAs differ. */
export function atTargets(inventory: Inventory, targetsOf: (kind: string) => Targets): Inventory {
  return {
    ...inventory,
    secrets: mapValues(inventory.secrets, (declaration, name) =>
      existing(targetsOf(declaration.kind).aim({ name, declaration })),
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

/** The inventory without these secrets, and without the consumers that use nothing else. */
export function without(inventory: Inventory, names: ReadonlySet<string>): Inventory {
  if (names.size === 0) return inventory;
  const secrets = Object.fromEntries(Object.entries(inventory.secrets).filter(([name]) => !names.has(name)));
  const used = new Set(Object.values(secrets).flatMap(({ waves }) => waves?.flat() ?? []));
  const consumers = Object.fromEntries(Object.entries(inventory.consumers).filter(([name]) => used.has(name)));
  return { ...inventory, secrets, consumers };
}

/** Services start before the first rotation, so secrets and views that Keyturn would make are there already. */
function existing({ create: _, ...declaration }: SecretDeclaration): SecretDeclaration {
  return {
    ...declaration,
    ...(declaration.views && {
      views: mapValues<string | ViewDeclaration>(declaration.views, (view) => {
        if (typeof view === 'string') return view;
        const { create: _made, ...rest } = view;
        return rest;
      }),
    }),
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
