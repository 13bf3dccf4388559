import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig, roleSession } from './support/actors.ts';

let world: SimulatedWorld;
let client: S3Client;
const Bucket = 'evidence';
beforeEach(async () => {
  world = await startSimulator();
  client = new S3Client(clientConfig(world));
  await client.send(new CreateBucketCommand({ Bucket }));
});
afterEach(() => world.close());

const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
const get = async (Key: string, VersionId?: string) =>
  (await client.send(new GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }))).Body?.transformToString();

describe('objects (https://docs.aws.amazon.com/AmazonS3/latest/API/)', () => {
  it('come back as they were put, under any key', async () => {
    for (const key of ['plain.json', 'a/b c/ü+&%.json', "odd'(!)*~"]) {
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: key,
          Body: `body of ${key}`,
          ContentType: 'application/json',
          Metadata: { secret: 'app' },
        }),
      );
      expect(await get(key)).toBe(`body of ${key}`);
      expect(await client.send(new HeadObjectCommand({ Bucket, Key: key }))).toMatchObject({
        ContentType: 'application/json',
        ContentLength: Buffer.byteLength(`body of ${key}`),
        ServerSideEncryption: 'AES256',
        Metadata: { secret: 'app' },
      });
    }
  });

  it('may be streamed in chunks (sigv4-streaming-trailers)', async () => {
    await client.send(
      new PutObjectCommand({ Bucket, Key: 'streamed', Body: Readable.from(['one ', 'two']), ContentLength: 7 }),
    );
    expect(await get('streamed')).toBe('one two');
  });

  it('are written once with If-None-Match: 412 the second time (conditional-writes)', async () => {
    const once = () => client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'x', IfNoneMatch: '*' }));
    await once();
    await expect(once()).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  });

  it('keep their versions in a versioned bucket; deleting leaves a marker (Versioning)', async () => {
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    const { VersionId: first } = await put('k', 'one');
    await put('k', 'two');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await expect(get('k')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await get('k', first)).toBe('one');
    const versions = await client.send(new ListObjectVersionsCommand({ Bucket }));
    expect(versions.Versions).toHaveLength(2);
    expect(versions.DeleteMarkers).toMatchObject([{ Key: 'k', IsLatest: true }]);
  });

  it('are listed by prefix, delimiter and page (API_ListObjectsV2)', async () => {
    for (const key of ['a/1', 'a/2', 'a/b/3', 'c']) await put(key, 'x');
    const list = async (input: { Prefix?: string; Delimiter?: string; MaxKeys?: number; ContinuationToken?: string }) =>
      client.send(new ListObjectsV2Command({ Bucket, ...input }));
    const level = await list({ Prefix: 'a/', Delimiter: '/' });
    expect(level.Contents?.map(({ Key }) => Key)).toEqual(['a/1', 'a/2']);
    expect(level.CommonPrefixes).toEqual([{ Prefix: 'a/b/' }]);
    const first = await list({ MaxKeys: 3 });
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 });
    const second = await list({ ContinuationToken: first.NextContinuationToken ?? '' });
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['c']);
    expect((await list({ Prefix: 'none' })).Contents).toBeUndefined();
  });

  it('that are missing are 404 to who may list the bucket and 403 to others (API_GetObject)', async () => {
    await expect(get('missing')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'missing' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    const { credentials } = await roleSession(world, 'reader', {
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::evidence/*',
    });
    await expect(
      new S3Client(clientConfig(world, credentials)).send(new GetObjectCommand({ Bucket, Key: 'missing' })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('buckets', () => {
  it('are listed, taken once and named by the rules (bucketnamingrules)', async () => {
    expect((await client.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
    await expect(client.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    });
    await expect(client.send(new CreateBucketCommand({ Bucket: 'Capital' }))).rejects.toMatchObject({
      name: 'InvalidBucketName',
    });
  });

  it('a policy that denies insecure transport lets loopback in, and one that denies a role keeps it out (bucket-policies)', async () => {
    const { credentials, principal } = await roleSession(world, 'writer', {
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::evidence/*',
    });
    const writer = new S3Client(clientConfig(world, credentials));
    const write = () => writer.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    const deny = (Condition: object) => ({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: ['arn:aws:s3:::evidence', 'arn:aws:s3:::evidence/*'],
      Condition,
    });
    const setPolicy = (statement: object) =>
      client.send(
        new PutBucketPolicyCommand({
          Bucket,
          Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
        }),
      );
    await setPolicy(deny({ Bool: { 'aws:SecureTransport': 'false' } }));
    await write();
    expect((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain('aws:SecureTransport');
    await setPolicy(deny({ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/writer' } }));
    await expect(write()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${principal.arn} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::evidence/k with an explicit deny in a resource-based policy`,
    });
  });

  it('an operation that the simulator does not have is refused, not taken for another', async () => {
    const { PutBucketTaggingCommand } = await import('@aws-sdk/client-s3');
    await expect(
      client.send(new PutBucketTaggingCommand({ Bucket: 'new-bucket', Tagging: { TagSet: [] } })),
    ).rejects.toMatchObject({ name: 'UnknownOperationException' });
    expect((await client.send(new ListBucketsCommand({}))).Buckets).toHaveLength(1);
  });
});
