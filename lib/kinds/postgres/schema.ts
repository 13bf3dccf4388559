import { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';
import { unfitBase } from './users.ts';

const host = z.string().check(z.regex(/^[^\s/@]+$/, 'a host name or address alone, no URL'));
const port = z.int().check(z.gte(1, 'a port'), z.lte(65535, 'a port'));
const text = z.string().check(z.minLength(1, 'must not be empty'));

/** One server address. */
const Endpoint = z.strictObject({ host, port: z._default(port, 5432) });
export type Endpoint = z.infer<typeof Endpoint>;

const Tls = z.union(
  [
    z.strictObject({ ca: z.string().check(z.refine((ca) => ca === 'rds' || isCertificates(ca))) }),
    z.strictObject({ plaintext: z.string().check(z.minLength(10)) }),
  ],
  "{ ca: 'rds' }, { ca: '<certificates in PEM>' } or { plaintext: '<why that is safe here, 10 characters or more>' }",
);
export type Tls = z.infer<typeof Tls>;

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

/** Writer first. */
export function endpointsOf(target: Target): [writer: Endpoint, ...replicas: Endpoint[]] {
  return [{ host: target.host, port: target.port }, ...target.replicas];
}

function isCertificates(text: string): boolean {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.map((pem) => new X509Certificate(pem)).length > 0;
  } catch {
    return false;
  }
}
