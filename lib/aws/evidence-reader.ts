import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { KeyturnError } from '../core/errors.ts';
import { evidencePrefix, requestKey } from './evidence-store.ts';
import { namedError } from './named-error.ts';

/** What an operator wants to know of a rollout's record. */
const LastRecord = z.object({
  result: z.enum(['retired', 'rolled-back', 'held', 'abandoned']),
  recordedAt: z.string(),
  versionId: z.string(),
  attempt: z.number(),
  failure: z.nullable(z.object({ code: z.string(), message: z.string() })),
});

const Request = z.object({ reason: z.string(), requestedBy: z.string() });

/** The newest record of a secret, with what was said when its rotation was asked for. */
export interface LastRecord extends z.infer<typeof LastRecord> {
  /** Null for a rotation that a campaign, or nobody in particular, started. */
  request: z.infer<typeof Request> | null;
}

/** `rollouts/<secret>/<version>/<attempt>-<result>.json`; a secret's name can be the beginning of another's. */
const RECORD = /^[^/]+\/\d+-[a-z-]+\.json$/;

/** The newest record of a secret's rollouts; undefined before the first. Read-only. */
export async function newestRecord(
  client: S3Client,
  bucket: string,
  secretName: string,
  abortSignal: AbortSignal,
): Promise<LastRecord | undefined> {
  const prefix = evidencePrefix(secretName);
  const keys = new Set<string>();
  let newest: { key: string; atMs: number } | undefined;
  try {
    const input = { Bucket: bucket, Prefix: prefix };
    for await (const page of paginateListObjectsV2({ client }, input, { abortSignal })) {
      for (const { Key = '', LastModified } of page.Contents ?? []) {
        keys.add(Key);
        const atMs = LastModified?.getTime() ?? 0;
        if (RECORD.test(Key.slice(prefix.length)) && atMs >= (newest?.atMs ?? 0)) newest = { key: Key, atMs };
      }
    }
  } catch (error) {
    throw namedError(error, `ListObjectsV2 s3://${bucket}/${prefix}`);
  }
  if (newest === undefined) return undefined;
  const record = await read(client, bucket, newest.key, LastRecord, abortSignal);
  const { versionId, attempt } = record;
  const names = [`rollback-${attempt}`, `emergency-${attempt}`, 'request'] as const;
  const asked = names.map((name) => requestKey(secretName, versionId, name)).find((key) => keys.has(key));
  return { ...record, request: asked ? await read(client, bucket, asked, Request, abortSignal) : null };
}

async function read<T>(
  client: S3Client,
  Bucket: string,
  Key: string,
  schema: z.ZodMiniType<T>,
  abortSignal: AbortSignal,
): Promise<T> {
  const text = await client
    .send(new GetObjectCommand({ Bucket, Key }), { abortSignal })
    .then(({ Body }) => Body?.transformToString() ?? '')
    .catch((error: unknown) => {
      throw namedError(error, `GetObject s3://${Bucket}/${Key}`);
    });
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new KeyturnError('InventoryUnreadable', `s3://${Bucket}/${Key} is not a record that this release can read`, {
      cause,
    });
  }
}
