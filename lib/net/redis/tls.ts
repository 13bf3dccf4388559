import { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';

/** Verified against public CAs or given ones. */
export const VerifiedTls = z.strictObject({
  ca: z.string().check(z.refine((ca) => ca === 'public' || isCertificates(ca), "'public', or certificates in PEM")),
});

/** How a Redis server is reached: verified against public CAs, verified against given ones, or in plaintext by name. */
export const RedisTls = z.union(
  [
    VerifiedTls,
    z.strictObject({
      plaintext: z.string().check(z.minLength(10, 'say why that is safe here, in 10 characters or more')),
    }),
  ],
  "{ ca: 'public' }, { ca: '<certificates in PEM>' } or { plaintext: '<why that is safe here, 10 characters or more>' }",
);
export type RedisTls = z.infer<typeof RedisTls>;

function isCertificates(text: string): boolean {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.map((pem) => new X509Certificate(pem)).length > 0;
  } catch {
    return false;
  }
}
