import { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';

/** Parts of the inventory's `target` that every database has. */
export const host = z.string().check(z.regex(/^[^\s/@]+$/, 'a host name or address alone, no URL'));
export const port = z.int().check(z.gte(1, 'a port'), z.lte(65535, 'a port'));
export const text = z.string().check(z.minLength(1, 'must not be empty'));

export const Tls = z.union(
  [
    z.strictObject({ ca: z.string().check(z.refine((ca) => ca === 'rds' || isCertificates(ca))) }),
    z.strictObject({ plaintext: z.string().check(z.minLength(10)) }),
  ],
  "{ ca: 'rds' }, { ca: '<certificates in PEM>' } or { plaintext: '<why that is safe here, 10 characters or more>' }",
);
export type Tls = z.infer<typeof Tls>;

/** One server address. */
export interface Endpoint {
  host: string;
  port: number;
}

export function nameOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

/** Where the users of a database alternate. */
export interface DatabaseTarget extends Endpoint {
  database: string;
  /** The base user; the other one is `cloneOf` it. */
  user: string;
  /** By name or ARN. */
  adminSecret: string;
  replicas: Endpoint[];
}

/** Writer first. */
export function endpointsOf({ host, port, replicas }: DatabaseTarget): [writer: Endpoint, ...replicas: Endpoint[]] {
  return [{ host, port }, ...replicas];
}

function isCertificates(text: string): boolean {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.map((pem) => new X509Certificate(pem)).length > 0;
  } catch {
    return false;
  }
}
