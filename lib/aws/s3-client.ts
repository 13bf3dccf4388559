import { S3Client } from '@aws-sdk/client-s3';
import { type Connection, clientOptions } from './connection.ts';

/** Path style where an endpoint is given: a bucket's own host name resolves only on AWS. */
export function s3Client(to: Connection = {}): S3Client {
  const forcePathStyle = (to.endpoint ?? process.env['AWS_ENDPOINT_URL']) !== undefined;
  return new S3Client({ ...clientOptions, ...to, forcePathStyle });
}
