import { timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Signer } from '../iam/identity-store.ts';
import type { SimulatedWorld } from '../world.ts';
import type { AuthErrors, WireRequest } from './request.ts';

interface Scope {
  accessKeyId: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

/** Signatures are good for five minutes either way. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
const MAX_SKEW_MS = 5 * 60_000;

/** The credential scope of `Authorization: AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`. */
export function scopeOf(request: WireRequest): Scope | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
      request.headers['authorization'] ?? '',
    );
  if (!match) return undefined;
  const [, accessKeyId = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/** Verifies by signing again with the key's secret. @throws AwsError in the service's own words. */
export async function authenticate(world: SimulatedWorld, request: WireRequest, errors: AuthErrors): Promise<Signer> {
  const scope = scopeOf(request);
  const signedAtMs = parseAmzDate(request.headers['x-amz-date']);
  if (!scope || signedAtMs === undefined) throw errors.missing();
  const nowMs = world.nowMs();
  const signer = world.identities.signer(scope.accessKeyId, nowMs);
  if (!signer) throw errors.unknownKey();
  if (request.headers['x-amz-security-token'] !== signer.credentials.sessionToken) throw errors.unknownKey();
  if (signer.expiresAtMs !== undefined && signer.expiresAtMs <= nowMs) throw errors.expiredToken();
  if (Math.abs(nowMs - signedAtMs) > MAX_SKEW_MS) {
    const side = signedAtMs < nowMs ? 'expired' : 'not yet current';
    throw errors.skewed(`Signature ${side}: ${request.headers['x-amz-date']} is too far from ${amzDate(nowMs)}`);
  }
  const expected = await signatureOf(request, scope, signer, signedAtMs);
  if (!sameText(expected, scope.signature) || !(await bodyMatches(request))) {
    throw errors.badSignature(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  const use = { atMs: nowMs, service: scope.service, region: scope.region };
  world.identities.noteUse(scope.accessKeyId, use, world.iamPropagationMs);
  return signer;
}

async function signatureOf(request: WireRequest, scope: Scope, signer: Signer, signedAtMs: number): Promise<string> {
  const v4 = new SignatureV4({
    service: scope.service,
    region: scope.region,
    credentials: signer.credentials,
    sha256: Sha256,
    applyChecksum: false,
    // S3 signs the path as it is sent; the others escape it once more.
    uriEscapePath: scope.service !== 's3',
  });
  const headers: Record<string, string> = {};
  for (const name of scope.signedHeaders) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  const signed = await v4.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: request.rawPath,
      query: queryBag(request.query),
      headers,
      body: request.body,
    },
    { signingDate: new Date(signedAtMs), signableHeaders: new Set(scope.signedHeaders) },
  );
  return /Signature=([0-9a-f]+)$/.exec(signed.headers['authorization'] ?? '')?.[1] ?? '';
}

function queryBag(query: URLSearchParams): Record<string, string | string[]> {
  const bag: Record<string, string | string[]> = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    bag[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return bag;
}

/** A signed body hash must be the body's; UNSIGNED-PAYLOAD and STREAMING-… are no hashes. */
async function bodyMatches(request: WireRequest): Promise<boolean> {
  const claimed = request.headers['x-amz-content-sha256'];
  if (claimed === undefined || !/^[0-9a-f]{64}$/.test(claimed)) return true;
  const hash = new Sha256();
  hash.update(request.body);
  return sameText(Buffer.from(await hash.digest()).toString('hex'), claimed);
}

function sameText(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

function parseAmzDate(text: string | undefined): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}

function amzDate(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
