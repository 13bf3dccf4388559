import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Evidence } from '../core/evidence/evidence.ts';
import { namedError, nameOf } from './named-error.ts';

/** Where one rollout's record stands: by secret, version, attempt and result. */
export function evidenceKey({ secret, versionId, attempt, result }: Evidence): string {
  return `rollouts/${secret}/${versionId}/${attempt}-${result}.json`;
}

/** Writes a record once; a second write of the same rollout keeps the first. */
export function evidenceStore(
  client: S3Client,
  Bucket: string,
  abortSignal: AbortSignal,
): (evidence: Evidence) => Promise<void> {
  return async (evidence) => {
    const Key = evidenceKey(evidence);
    const Body = `${JSON.stringify(evidence, null, 2)}\n`;
    try {
      await client.send(
        new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json', IfNoneMatch: '*' }),
        { abortSignal },
      );
    } catch (error) {
      if (nameOf(error) === 'PreconditionFailed') return;
      throw namedError(error, `PutObject s3://${Bucket}/${Key}`);
    }
  };
}
