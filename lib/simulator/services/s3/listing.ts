import { FlatList } from '../../wire/xml.ts';
import { type Bucket, newest } from './bucket.ts';

export interface ListInput {
  Bucket: string;
  Prefix?: string;
  Delimiter?: string;
  MaxKeys?: string;
  ContinuationToken?: string;
  StartAfter?: string;
  EncodingType?: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects(bucket: Bucket, input: ListInput) {
  const { Prefix: prefix = '', Delimiter: delimiter, StartAfter: startAfter = '', EncodingType: encoding } = input;
  const after = input.ContinuationToken ? Buffer.from(input.ContinuationToken, 'base64').toString() : startAfter;
  const size = Number(input.MaxKeys ?? 1000);
  const write = (text: string) => (encoding === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text);

  // One entry per key, or per group of keys that share what stands before the delimiter.
  const entries = new Map<string, string | undefined>();
  for (const key of [...bucket.objects.keys()].filter((candidate) => newest(bucket, candidate)).sort()) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const entry = at < 0 || !delimiter ? key : key.slice(0, at + delimiter.length);
    if (entry > after) entries.set(entry, entry === key ? key : undefined);
  }
  const page = [...entries].slice(0, size);
  const truncated = entries.size > page.length;
  return {
    Name: bucket.name,
    Prefix: write(prefix),
    Delimiter: delimiter,
    MaxKeys: size,
    KeyCount: page.length,
    IsTruncated: truncated,
    EncodingType: encoding,
    ContinuationToken: input.ContinuationToken,
    NextContinuationToken: truncated ? Buffer.from(page.at(-1)?.[0] ?? '').toString('base64') : undefined,
    Contents: new FlatList(
      page.flatMap(([, key]) => {
        const object = key === undefined ? undefined : newest(bucket, key);
        if (!object) return [];
        return {
          Key: write(object.key),
          LastModified: new Date(object.atMs),
          ETag: object.etag,
          Size: object.body.length,
          StorageClass: 'STANDARD',
        };
      }),
    ),
    CommonPrefixes: new FlatList(
      page.filter(([, key]) => key === undefined).map(([entry]) => ({ Prefix: write(entry) })),
    ),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html; one page, newest first. */
export function listVersions(bucket: Bucket, { Prefix: prefix = '' }: ListInput) {
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const all = keys.flatMap((key) =>
    (bucket.objects.get(key) ?? []).toReversed().map((object, index) => ({ object, isLatest: index === 0 })),
  );
  const line = ({ object, isLatest }: (typeof all)[number]) => ({
    Key: object.key,
    VersionId: object.versionId,
    IsLatest: isLatest,
    LastModified: new Date(object.atMs),
  });
  return {
    Name: bucket.name,
    Prefix: prefix,
    MaxKeys: 1000,
    IsTruncated: false,
    Version: new FlatList(
      all
        .filter(({ object }) => !object.deleteMarker)
        .map((entry) => ({ ...line(entry), ETag: entry.object.etag, Size: entry.object.body.length })),
    ),
    DeleteMarker: new FlatList(all.filter(({ object }) => object.deleteMarker).map(line)),
  };
}
