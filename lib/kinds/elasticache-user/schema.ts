import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';
import { VerifiedTls } from '../../net/redis/tls.ts';
import { host, Node, port, userName } from '../shared/redis-user/place-schema.ts';

/** The inventory's `target` of an elasticache-user secret. */
const Inventory = z
  .strictObject({
    /** https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyUser.html */
    userId: z.string().check(
      z.regex(/^[a-zA-Z][a-zA-Z0-9-]*$/, 'the id of an ElastiCache user: letters, digits and hyphens'),
      z.refine(
        (id) => id !== 'default',
        "ElastiCache's own user default cannot be changed: make a user of another id with the name default, and swap it in",
      ),
    ),
    /** What clients log in as, where it is not the id. */
    user: z.optional(userName),
    /** Where clients go: the secret's `host` and `port`. A configuration, primary or serverless endpoint. */
    host,
    port: z._default(port, 6379),
    /** Every node of the deployment, primaries and replicas, by its own endpoint. Default: the host alone, as serverless. */
    nodes: z.optional(z.array(Node).check(z.minLength(1, 'name every node'))),
    /** The secret with the login of another user of the same user group, which may list and end sessions. */
    adminSecret: z.optional(z.string().check(z.minLength(1, 'must not be empty'))),
    /** Given in its place: nobody looks at sessions. Says why one that outlives its password does no harm. */
    noSessions: z.optional(z.string().check(z.minLength(10, 'say why that is safe here, in 10 characters or more'))),
    /** Default: verify-full against the public CAs, which ElastiCache's certificates lead to. */
    tls: z._default(VerifiedTls, { ca: 'public' }),
  })
  .check(
    z.refine(({ adminSecret, noSessions }) => (adminSecret === undefined) !== (noSessions === undefined), {
      error:
        "sessions outlive a password: give adminSecret, by whose login they are seen and ended, or noSessions: '<why that is not needed here>' (serverless caches withhold CLIENT LIST and CLIENT KILL)",
      path: ['adminSecret'],
    }),
  );

/** @throws InvalidInput with the path of the mistake */
export function parseTarget(target: unknown) {
  const parsed = parseInput(Inventory, target, 'target');
  const { userId, host: name, port: number } = parsed;
  return { ...parsed, user: parsed.user ?? userId, nodes: parsed.nodes ?? [{ host: name, port: number }] };
}

export type Target = ReturnType<typeof parseTarget>;
