import { randomInt } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

export interface Storage {
  /** Writes one object. */
  upload(): Promise<string>;
}

/** A service's bucket. Endpoint and Region come from the environment. One attempt per request: a retry would hide a failure. */
export function openStorage(credentials: { accessKeyId: string; secretAccessKey: string }, Bucket: string): Storage {
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
