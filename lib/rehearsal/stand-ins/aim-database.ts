import { secretNameOf } from '../../core/secret-arn.ts';
import type { SecretDeclaration } from '../../inventory/types.ts';
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
 * A database's secret, aimed at a server on loopback. Views that name a replica's host get the replica's place, every other
 * view the writer's, which also stands for a pooler.
 */
export function aimDatabase(
  declaration: SecretDeclaration,
  target: DatabaseTarget,
  { host, port, replicaPort }: Database,
  ca: string,
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
    views: mapViews(declaration.views, (template) =>
      replica !== undefined && replicaHosts.has(hostIn(template) ?? '')
        ? atPlace(template, `${replica.host}:${replica.port}`)
        : atPlace(template, '{host}:{port}'),
    ),
  };
}
