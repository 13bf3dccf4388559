import { secretNameOf } from '../../core/secret-arn.ts';
import type { SecretDeclaration } from '../../inventory/types.ts';
import { templateOf } from '../../inventory/views.ts';
import { atPlace, hostIn, mapViews } from './aim-views.ts';

interface DatabaseTarget {
  adminSecret: string;
  replicas: readonly { host: string }[];
}

/** A writer's address and, where there is one, its replica's port. */
interface Database {
  host: string;
  port: number;
  replicaPort: number | undefined;
}

/**
 * A database's secret, aimed at a server on loopback. Views that name a replica's host get the replica's place, those of
 * another host that is stood in for its own, every other view the writer's.
 */
export function aimDatabase(
  declaration: SecretDeclaration,
  target: DatabaseTarget,
  { host, port, replicaPort }: Database,
  ca: string,
  /** `host:port` on loopback, by the inventory's host. */
  others: ReadonlyMap<string, string> = new Map(),
): SecretDeclaration {
  const replicaHosts = new Set(target.replicas.map((endpoint) => endpoint.host.toLowerCase()));
  const replica = replicaPort === undefined ? undefined : { host, port: replicaPort };
  return {
    ...declaration,
    target: {
      ...target,
      host,
      port,
      adminSecret: secretNameOf(target.adminSecret),
      tls: { ca },
      replicas: replica === undefined ? [] : [replica],
    },
    views: mapViews(declaration.views, (template) => {
      const named = hostIn(template) ?? '';
      if (replica !== undefined && replicaHosts.has(named)) return atPlace(template, `${replica.host}:${replica.port}`);
      return atPlace(template, others.get(named) ?? '{host}:{port}');
    }),
  };
}

/** Without the views that lead to one of these. */
export function withoutViewsAt(declaration: SecretDeclaration, places: readonly { host: string }[]): SecretDeclaration {
  const hosts = new Set(places.map(({ host }) => host.toLowerCase()));
  if (hosts.size === 0) return declaration;
  const views = Object.entries(declaration.views ?? {}).filter(
    ([, view]) => !hosts.has(hostIn(templateOf(view)) ?? ''),
  );
  return { ...declaration, views: Object.fromEntries(views) };
}
