import { crc32 } from 'node:zlib';
import { AwsError, type Need, type Operation, type Service } from '../../types.ts';
import { newest, pick, remove, type StoredObject, store } from './bucket.ts';
import type { S3 } from './s3.ts';

interface ObjectInput {
  Bucket: string;
  Key: string;
  VersionId?: string;
  ChecksumMode?: string;
}

interface PutInput extends ObjectInput {
  Body: Buffer;
  ContentType?: string;
  IfNoneMatch?: string;
  IfMatch?: string;
  ChecksumCRC32?: string;
  ServerSideEncryption?: string;
  Metadata?: Record<string, string>;
}

export function objectOperations(s3: S3): Service['operations'] {
  const get: Operation<ObjectInput> = {
    needs: (input) => readNeeds(s3, input),
    run(input) {
      const object = pick(s3.bucket(input.Bucket), input.Key, input.VersionId);
      return { ...describe(object, input.ChecksumMode), Body: object.body };
    },
  };
  const head: Operation<ObjectInput> = {
    needs: (input) => readNeeds(s3, input),
    run: (input) => describe(pick(s3.bucket(input.Bucket), input.Key, input.VersionId), input.ChecksumMode),
  };
  const put: Operation<PutInput> = {
    needs: (input) => [
      s3.need('PutObject', input.Bucket, input.Key, {
        ...(input.ServerSideEncryption !== undefined && {
          's3:x-amz-server-side-encryption': input.ServerSideEncryption,
        }),
        ...(input.IfNoneMatch !== undefined && { 's3:if-none-match': input.IfNoneMatch }),
      }),
    ],
    run: (input, { nowMs }) => putObject(s3, input, nowMs),
  };
  const del: Operation<ObjectInput> = {
    needs: ({ Bucket: bucket, Key: key, VersionId: version }) => [
      s3.need(version === undefined ? 'DeleteObject' : 'DeleteObjectVersion', bucket, key),
    ],
    run(input, { nowMs }) {
      const marker = remove(s3.bucket(input.Bucket), input.Key, input.VersionId, nowMs);
      return marker ? { DeleteMarker: true, VersionId: marker.versionId } : {};
    },
  };
  return { GetObject: get, HeadObject: head, PutObject: put, DeleteObject: del };
}

/**
 * A key that is not there is told (404) only to who may list the bucket; to others it is refused (403).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
function readNeeds(s3: S3, { Bucket: bucket, Key: key, VersionId: version }: ObjectInput): Need[] {
  const read = s3.need(version === undefined ? 'GetObject' : 'GetObjectVersion', bucket, key);
  return s3.has(bucket, key) ? [read] : [read, s3.need('ListBucket', bucket)];
}

/** Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function putObject(s3: S3, input: PutInput, nowMs: number) {
  const bucket = s3.bucket(input.Bucket);
  const current = newest(bucket, input.Key);
  if (input.IfNoneMatch !== undefined && input.IfNoneMatch !== '*') {
    throw new AwsError('NotImplemented', 'A header you provided implies functionality that is not implemented', 501);
  }
  if ((input.IfNoneMatch === '*' && current) || (input.IfMatch !== undefined && input.IfMatch !== current?.etag)) {
    const message = 'At least one of the pre-conditions you specified did not hold';
    throw new AwsError('PreconditionFailed', message, 412);
  }
  const checksum = checksumOf(input.Body);
  if (input.ChecksumCRC32 !== undefined && input.ChecksumCRC32 !== checksum) {
    const message = 'The CRC32 you specified did not match the calculated checksum.';
    throw new AwsError('BadDigest', message);
  }
  const object = store(
    bucket,
    {
      key: input.Key,
      body: input.Body,
      contentType: input.ContentType ?? 'binary/octet-stream',
      metadata: input.Metadata ?? {},
      // "All new object uploads … are automatically encrypted": userguide/default-encryption-faq.html
      encryption: input.ServerSideEncryption ?? 'AES256',
      crc32: checksum,
    },
    nowMs,
  );
  return {
    ETag: object.etag,
    VersionId: bucket.versioned ? object.versionId : undefined,
    ServerSideEncryption: object.encryption,
    ChecksumCRC32: object.crc32,
  };
}

function describe(object: StoredObject, checksumMode: string | undefined) {
  return {
    ETag: object.etag,
    ContentType: object.contentType,
    ContentLength: object.body.length,
    LastModified: new Date(object.atMs),
    VersionId: object.versionId === 'null' ? undefined : object.versionId,
    ServerSideEncryption: object.encryption,
    ChecksumCRC32: checksumMode === 'ENABLED' ? object.crc32 : undefined,
    Metadata: object.metadata,
  };
}

function checksumOf(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}
