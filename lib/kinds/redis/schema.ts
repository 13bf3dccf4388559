import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';
import { RedisTls } from '../../net/redis/tls.ts';
import { host, Node, port, userName } from '../shared/redis-user/place-schema.ts';

/** The inventory's `target` of a redis secret. */
const Target = z.strictObject({
  /** Where clients go: the secret's `host` and `port`. A name that moves with a failover is fine here. */
  host,
  port: z._default(port, 6379),
  /** Every server of the deployment, primaries and replicas, by an address of its own: users are not replicated. */
  nodes: z.array(Node).check(z.minLength(1, 'name every server: users are not replicated')),
  /** The ACL user, or `default`. */
  user: userName,
  /** The secret with Keyturn's own login at these servers, by name or ARN. */
  adminSecret: z.string().check(z.minLength(1, 'must not be empty')),
  /** Default: verify-full against the public CAs. */
  tls: z._default(RedisTls, { ca: 'public' }),
});
export type Target = z.infer<typeof Target>;

/** @throws InvalidInput with the path of the mistake */
export function parseTarget(target: unknown): Target {
  return parseInput(Target, target, 'target');
}
