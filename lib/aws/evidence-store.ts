import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Evidence } from '../core/evidence/evidence.ts';
import type { RotationRequest } from '../core/evidence/request.ts';
import { namedError, nameOf } from './named-error.ts';

/** Everything that is on record of a secret. */
export function evidencePrefix(secretName: string): string {
  return `rollouts/${secretName}/`;
}

/** Where one rollout's record stands: by secret, version, attempt and result. */
export function evidenceKey({ secret, versionId, attempt, result }: Evidence): string {
  return `${evidencePrefix(secret)}${versionId}/${attempt}-${result}.json`;
}

/** What was asked for: the rotation, or an attempt that goes back from it or ends it at once. */
export type RequestName = 'request' | `rollback-${number}` | `emergency-${number}`;

/** Beside the record of the rollout that it led to. */
export function requestKey(secretName: string, versionId: string, name: RequestName = 'request'): string {
  return `${evidencePrefix(secretName)}${versionId}/${name}.json`;
}

/** Writes a record once; a second write of the same rollout keeps the first. */
export function evidenceStore(
  client: S3Client,
  bucket: string,
  abortSignal: AbortSignal,
): (evidence: Evidence) => Promise<void> {
  return (evidence) => putOnce(client, bucket, evidenceKey(evidence), evidence, abortSignal);
}

/** Writes down, once per version and name, who asked for it and why. */
export async function recordRequest(
  client: S3Client,
  bucket: string,
  request: RotationRequest,
  abortSignal: AbortSignal,
  name?: RequestName,
): Promise<void> {
  await putOnce(client, bucket, requestKey(request.secret, request.versionId, name), request, abortSignal);
}

async function putOnce(
  client: S3Client,
  Bucket: string,
  Key: string,
  content: object,
  abortSignal: AbortSignal,
): Promise<void> {
  const Body = `${JSON.stringify(content, null, 2)}\n`;
  try {
    await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json', IfNoneMatch: '*' }), {
      abortSignal,
    });
  } catch (error) {
    if (nameOf(error) === 'PreconditionFailed') return;
    throw namedError(error, `PutObject s3://${Bucket}/${Key}`);
  }
}
