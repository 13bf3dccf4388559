import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';
import { endpointsOf, host, nameOf, port, Tls, text } from '../shared/database-user/target.ts';
import { Pooler, userlistOf } from './poolers/schema.ts';
import { unfitBase } from './users.ts';

/** One server address. */
const Endpoint = z.strictObject({ host, port: z._default(port, 5432) });

const TargetFields = z.strictObject({
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
  /** PgBouncers between consumers and this target: they must know a login before it is promoted. */
  poolers: z._default(z.array(Pooler), []),
});
export type Target = z.infer<typeof TargetFields>;

/** The inventory's `target` of a postgres secret. */
const Target = TargetFields.check(
  z.superRefine((target, { addIssue }) => {
    for (const [at, message] of poolerMistakes(target)) {
      addIssue({ code: 'custom', message, path: ['poolers', at], input: target.poolers[at] });
    }
  }),
);

/** @throws InvalidInput with the path of the mistake */
export function parseTarget(target: unknown): Target {
  return parseInput(Target, target, 'target');
}

/** What a pooler's own schema cannot see. */
function* poolerMistakes(target: Target): Generator<[at: number, message: string]> {
  const servers = endpointsOf(target).map(nameOf);
  const names = target.poolers.map(nameOf);
  for (const [at, pooler] of target.poolers.entries()) {
    const name = nameOf(pooler);
    if (servers.includes(name)) yield [at, `${name} is PostgreSQL itself; name the pooler's own address`];
    if (names.indexOf(name) !== at) yield [at, `${name} is named twice`];
    if ('ca' in pooler.tls && pooler.tls.ca === 'rds')
      yield [at, 'tls: a pooler has no certificate of RDS; give its CA in PEM'];
    const list = userlistOf(pooler);
    if (list === undefined) continue;
    if ([target.adminSecret, ...target.poolers.map(({ consoleSecret }) => consoleSecret)].includes(list)) {
      yield [at, `auth.userlist: "${list}" holds a login; the list needs a secret of its own`];
    }
    if (/[\r\n]/.test(target.user)) yield [at, 'auth.userlist: an auth_file has no user names with line breaks'];
  }
}
