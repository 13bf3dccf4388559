import { randomInt } from 'node:crypto';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Storage {
  /** Writes one object. */
  upload(): Promise<string>;
}

/** A service's bucket. Endpoint and Region come from the environment. One attempt per request: a retry would hide a failure. */
export function openStorage(credentials: AccessKey, Bucket: string): Storage {
  const client = new S3Client({ credentials, maxAttempts: 1, forcePathStyle: true });
  return {
    async upload() {
      // Some hundred pictures, again and again: an estate that is left running must not fill the machine.
      const Key = `uploads/${randomInt(100)}`;
      await client.send(new PutObjectCommand({ Bucket, Key, Body: 'a product picture' }));
      return Key;
    },
  };
}

/** By key. A process has few. */
const clients = new Map<string, S3Client>();

/** The status that R2's S3 API gives to a listing. @throws Error when there was no answer */
export async function listObjects(endpoint: string, Bucket: string, credentials: AccessKey): Promise<number> {
  const known = clients.get(credentials.accessKeyId);
  const s3 = known ?? new S3Client({ endpoint, region: 'auto', forcePathStyle: true, maxAttempts: 1, credentials });
  clients.set(credentials.accessKeyId, s3);
  try {
    await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
    return 200;
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === undefined) throw error;
    return status;
  }
}
