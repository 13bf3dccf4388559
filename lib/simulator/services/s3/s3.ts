import { malformation } from '../../iam/policy-engine.ts';
import { AwsError, type Need, type Operation, type Service, type World } from '../../types.ts';
import { FlatList } from '../../wire/xml.ts';
import type { Bucket } from './bucket.ts';
import { type ListInput, listObjects, listVersions } from './listing.ts';
import { objectOperations } from './objects.ts';
import { routes } from './routes.ts';

export interface NewBucket {
  name: string;
  /** Default false. */
  versioned?: boolean;
  policy?: unknown;
}

interface BucketInput {
  Bucket: string;
}

/** S3, path style. https://docs.aws.amazon.com/AmazonS3/latest/API/ */
export class S3 implements Service {
  readonly name = 's3';
  readonly wire = { protocol: 'rest-xml', namespace: 'http://s3.amazonaws.com/doc/2006-03-01/', routes } as const;
  readonly operations: Service['operations'];
  private readonly world: World;
  private readonly buckets = new Map<string, Bucket>();

  constructor(world: World) {
    this.world = world;
    this.operations = {
      ListBuckets: this.listBuckets(),
      CreateBucket: this.createBucketOperation(),
      HeadBucket: this.onBucket('ListBucket', () => ({})),
      PutBucketVersioning: this.onBucket<BucketInput & { VersioningConfiguration?: { Status?: string } }>(
        'PutBucketVersioning',
        (bucket, { VersioningConfiguration: configuration }) => {
          bucket.versioned = configuration?.Status === 'Enabled';
          return {};
        },
      ),
      GetBucketVersioning: this.onBucket('GetBucketVersioning', ({ versioned }) => ({
        Status: versioned ? 'Enabled' : undefined,
      })),
      PutBucketPolicy: this.onBucket<BucketInput & { Policy: Uint8Array }>(
        'PutBucketPolicy',
        async (bucket, { Policy: text }) => {
          bucket.policy = await parsedPolicy(Buffer.from(text).toString('utf8'));
          return {};
        },
      ),
      GetBucketPolicy: this.onBucket('GetBucketPolicy', ({ policy }) => {
        if (policy === undefined) throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404);
        return { Policy: JSON.stringify(policy) };
      }),
      ListObjectsV2: this.onBucket<ListInput>('ListBucket', listObjects),
      ListObjectVersions: this.onBucket<ListInput>('ListBucketVersions', listVersions),
      ...objectOperations(this),
    };
  }

  /** @throws AwsError BucketAlreadyOwnedByYou */
  createBucket({ name, versioned = false, policy }: NewBucket): void {
    if (this.buckets.has(name)) {
      const message = 'Your previous request to create the named bucket succeeded and you already own it.';
      throw new AwsError('BucketAlreadyOwnedByYou', message, 409);
    }
    this.buckets.set(name, { name, createdAtMs: this.world.nowMs(), versioned, policy, objects: new Map() });
  }

  /** @throws AwsError NoSuchBucket */
  setBucketPolicy(name: string, policy: unknown): void {
    this.bucket(name).policy = policy;
  }

  /** @throws AwsError NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  }

  need(action: string, bucketName: string, key?: string, context: Record<string, string> = {}): Need {
    const policy = this.buckets.get(bucketName)?.policy;
    return {
      action: `s3:${action}`,
      resource: `arn:aws:s3:::${bucketName}${key === undefined ? '' : `/${key}`}`,
      context,
      ...(policy !== undefined && { resourcePolicy: policy }),
    };
  }

  /** Whether a key has an object; false also when there is no bucket. */
  has(bucketName: string, key: string): boolean {
    return this.buckets.get(bucketName)?.objects.get(key)?.at(-1)?.deleteMarker === false;
  }

  private onBucket<Input extends BucketInput>(
    action: string,
    run: (bucket: Bucket, input: Input) => unknown,
  ): Operation<Input> {
    return {
      needs: (input) => {
        const { Prefix: prefix } = input as { Prefix?: string };
        return [this.need(action, input.Bucket, undefined, prefix === undefined ? {} : { 's3:prefix': prefix })];
      },
      run: (input) => run(this.bucket(input.Bucket), input),
    };
  }

  private listBuckets(): Operation {
    return {
      needs: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
      run: () => ({
        Buckets: {
          Bucket: new FlatList(
            [...this.buckets.values()].map(({ name, createdAtMs }) => ({
              Name: name,
              CreationDate: new Date(createdAtMs),
            })),
          ),
        },
      }),
    };
  }

  private createBucketOperation(): Operation<BucketInput> {
    return {
      needs: ({ Bucket: name }) => [this.need('CreateBucket', name)],
      run: ({ Bucket: name }) => {
        if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
          throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.');
        }
        this.createBucket({ name });
        return { Location: `/${name}` };
      },
    };
  }
}

async function parsedPolicy(text: string): Promise<unknown> {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw new AwsError('MalformedPolicy', 'Policies must be valid JSON and the first byte must be {');
  }
  const problem = await malformation(policy, 'resource');
  if (problem !== undefined) throw new AwsError('MalformedPolicy', problem);
  return policy;
}
