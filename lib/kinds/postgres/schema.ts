import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';
import { host, port, Tls, text } from '../shared/database-user/target.ts';
import { unfitBase } from './users.ts';

/** One server address. */
const Endpoint = z.strictObject({ host, port: z._default(port, 5432) });

/** The inventory's `target` of a postgres secret. */
const Target = z.strictObject({
  /** The writer. */
  host,
  port: z._default(port, 5432),
  /** The database that logins are proven in. */
  database: text,
  /** The base role: owns the objects and holds the grants; the other login, `<user>_clone`, acts as it. */
  user: text.check(z.refine((name) => !unfitBase(name), { error: ({ input }) => unfitBase(String(input)) ?? '' })),
  /** The secret with Keyturn's own login at this server, by name or ARN. */
  adminSecret: text,
  /** Default: verify-full against the CAs of RDS. */
  tls: z._default(Tls, { ca: 'rds' }),
  /** Endpoints that read the same roles by streaming replication. */
  replicas: z._default(z.array(Endpoint), []),
});
export type Target = z.infer<typeof Target>;

/** @throws InvalidInput with the path of the mistake */
export function parseTarget(target: unknown): Target {
  return parseInput(Target, target, 'target');
}
