import { createHash, randomBytes } from 'node:crypto';
import { AwsError } from '../../types.ts';

export interface StoredObject {
  key: string;
  /** `null` in a bucket without versioning, as S3 writes it. */
  versionId: string;
  body: Buffer;
  etag: string;
  contentType: string;
  atMs: number;
  metadata: Record<string, string>;
  encryption: string;
  crc32: string | undefined;
  deleteMarker: boolean;
}

export interface Bucket {
  name: string;
  createdAtMs: number;
  versioned: boolean;
  policy: unknown;
  /** Every version of a key, oldest first. */
  objects: Map<string, StoredObject[]>;
}

export type NewObject = Pick<StoredObject, 'key' | 'body' | 'contentType' | 'metadata' | 'encryption' | 'crc32'>;

/** The version that a plain GET answers; undefined when the newest is a delete marker. */
export function newest(bucket: Bucket, key: string): StoredObject | undefined {
  const latest = bucket.objects.get(key)?.at(-1);
  return latest?.deleteMarker ? undefined : latest;
}

/** @throws AwsError NoSuchKey, NoSuchVersion */
export function pick(bucket: Bucket, key: string, versionId: string | undefined): StoredObject {
  if (versionId === undefined) {
    const found = newest(bucket, key);
    if (!found) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    return found;
  }
  const found = bucket.objects.get(key)?.find((version) => version.versionId === versionId);
  if (!found) throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  return found;
}

/** Adds a version, or replaces the only one in a bucket without versioning. */
export function store(bucket: Bucket, object: NewObject, atMs: number, deleteMarker = false): StoredObject {
  const stored: StoredObject = {
    ...object,
    versionId: bucket.versioned ? randomBytes(24).toString('base64url') : 'null',
    etag: `"${createHash('md5').update(object.body).digest('hex')}"`,
    atMs,
    deleteMarker,
  };
  const before = bucket.objects.get(object.key) ?? [];
  bucket.objects.set(object.key, bucket.versioned ? [...before, stored] : [stored]);
  return stored;
}

/** A delete marker where there is versioning; else the object is gone. */
export function remove(
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
  atMs: number,
): StoredObject | undefined {
  if (versionId !== undefined) {
    const kept = (bucket.objects.get(key) ?? []).filter((version) => version.versionId !== versionId);
    if (kept.length === 0) bucket.objects.delete(key);
    else bucket.objects.set(key, kept);
    return undefined;
  }
  if (bucket.versioned) {
    const nothing = { key, body: Buffer.alloc(0), contentType: '', metadata: {}, encryption: '', crc32: undefined };
    return store(bucket, nothing, atMs, true);
  }
  bucket.objects.delete(key);
  return undefined;
}
