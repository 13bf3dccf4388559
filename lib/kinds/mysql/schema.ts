import { isIP } from 'node:net';
import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';
import { host, port, Tls, text } from '../shared/database-user/target.ts';
import { unfitBase, unfitName } from './users.ts';

/** One server address. */
const Endpoint = z.strictObject({ host, port: z._default(port, 3306) });

const TargetFields = z.strictObject({
  /** What a secret made with `create: true` says, and how long a user name may be. The server itself says what it is. */
  engine: z._default(z.enum(['mysql', 'mariadb']), 'mysql'),
  /** The writer. */
  host,
  port: z._default(port, 3306),
  /** The database that logins are proven in. */
  database: text,
  /** The base user: its grants count; the other user, `<user>_clone`, is made equal to it. With dual passwords the only one. */
  user: text,
  /** How old and new stay valid together: two users in turn, or two passwords of one user, where the server has them. */
  overlap: z._default(z.enum(['alternating-users', 'dual-passwords']), 'alternating-users'),
  /** The secret with Keyturn's own login at this server, by name or ARN. */
  adminSecret: text,
  /** Default: the chain and the very host name are verified, against the CAs of RDS. */
  tls: z._default(Tls, { ca: 'rds' }),
  /**
   * The host parts that the base user has (`%`, `10.0.%`): another one at the server is an error. Default: whatever the
   * server has, and `%` for a user that Keyturn makes.
   */
  hosts: z.optional(z.array(text).check(z.minLength(1, 'must not be empty'))),
  /** Endpoints that get the same users by replication. */
  replicas: z._default(z.array(Endpoint), []),
});

/** The inventory's `target` of a mysql secret. */
const Target = TargetFields.check(
  z.superRefine(({ user, engine, tls, overlap, ...rest }, { addIssue }) => {
    const unfit = overlap === 'dual-passwords' ? unfitName(user, engine) : unfitBase(user, engine);
    if (unfit !== undefined) addIssue({ code: 'custom', message: unfit, path: ['user'], input: user });
    const address = [rest, ...rest.replicas].find((endpoint) => isIP(endpoint.host) !== 0);
    // The driver compares a certificate with host names only.
    if (!('plaintext' in tls) && address !== undefined) {
      const message = `TLS needs the host name that the certificate is for, not the address ${address.host}`;
      addIssue({ code: 'custom', message, path: ['host'], input: address.host });
    }
  }),
);
export type Target = z.infer<typeof TargetFields>;

/** @throws InvalidInput with the path of the mistake */
export function parseTarget(target: unknown): Target {
  return parseInput(Target, target, 'target');
}
