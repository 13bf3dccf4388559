import { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { unfitBase } from './users.ts';

const host = z.string().check(z.regex(/^[^\s/@]+$/, 'a host name or address alone, no URL'));
const port = z.int().check(z.gte(1), z.lte(65535));
const name = z.string().check(z.minLength(1), z.maxLength(63));

/** One server address. */
const Endpoint = z.strictObject({ host, port: z._default(port, 5432) });
export type Endpoint = z.infer<typeof Endpoint>;

const Tls = z.union([
  z.strictObject({
    ca: z.union([z.literal('rds'), z.string().check(z.refine(isCertificates, "'rds' or CA certificates in PEM"))]),
  }),
  z.strictObject({
    plaintext: z.string().check(z.minLength(10, 'say in 10 characters or more why plaintext is safe here')),
  }),
]);
export type Tls = z.infer<typeof Tls>;

/** The inventory's `target` of a postgres secret. */
const Target = z.strictObject({
  /** The writer. */
  host,
  port: z._default(port, 5432),
  /** The database that logins are proven in. */
  database: name,
  /** The base role: owns the objects and holds the grants; the other login, `<user>_clone`, acts as it. */
  user: z.string().check(
    z.minLength(1),
    z.refine((text) => unfitBase(text) === undefined, { error: (issue) => unfitBase(String(issue.input)) ?? '' }),
  ),
  /** The secret with Keyturn's own login at this server, by name or ARN. */
  adminSecret: z.string().check(z.minLength(1)),
  /** Default: verify-full against the CAs of RDS. */
  tls: z._default(Tls, { ca: 'rds' }),
  /** Endpoints that read the same roles by streaming replication. */
  replicas: z._default(z.array(Endpoint), []),
});
export type Target = z.infer<typeof Target>;

/** @throws KeyturnError('InvalidInput') with the path of every mistake. */
export function parseTarget(target: unknown): Target {
  const parsed = Target.safeParse(target);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => `${['target', ...issue.path].join('.')}: ${issue.message}`);
  throw new KeyturnError('InvalidInput', `not a postgres target: ${mistakes.join('; ')}`);
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
