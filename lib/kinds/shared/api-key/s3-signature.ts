import { createHash, createHmac } from 'node:crypto';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** RFC 3986: encodeURIComponent leaves these alone. */
const strict = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The headers that sign a GET without a body for S3, Region `auto`, as R2 wants it. Pure.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * https://developers.cloudflare.com/r2/api/s3/api/#bucket-region
 */
export function signGet(
  url: URL,
  { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string },
  atMs: number,
): Record<string, string> {
  const date = new Date(atMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const scope = `${date.slice(0, 8)}/auto/s3/aws4_request`;
  const headers = { host: url.host, 'x-amz-content-sha256': sha256(''), 'x-amz-date': date };
  const names = Object.keys(headers).join(';');
  const query = [...url.searchParams]
    .map(([name, value]) => `${strict(name)}=${strict(value)}`)
    .sort()
    .join('&');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['GET', url.pathname, query, lines.join(''), names, headers['x-amz-content-sha256']].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex');
  return {
    'x-amz-content-sha256': headers['x-amz-content-sha256'],
    'x-amz-date': date,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
