import type { Route } from '../../types.ts';

const OBJECT_HEADERS = {
  etag: 'ETag',
  'content-type': 'ContentType',
  'content-length': 'ContentLength',
  'last-modified': 'LastModified',
  'x-amz-version-id': 'VersionId',
  'x-amz-delete-marker': 'DeleteMarker',
  'x-amz-server-side-encryption': 'ServerSideEncryption',
  'x-amz-checksum-crc32': 'ChecksumCRC32',
  'x-amz-meta-*': 'Metadata',
};

const OBJECT = '/{Bucket}/{Key+}';

/** Path style: `/bucket/key`. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
export const routes: readonly Route[] = [
  { operation: 'ListBuckets', method: 'GET', path: '/', response: { root: 'ListAllMyBucketsResult' } },
  { operation: 'CreateBucket', method: 'PUT', path: '/{Bucket}', response: { headers: { location: 'Location' } } },
  { operation: 'HeadBucket', method: 'HEAD', path: '/{Bucket}' },
  { operation: 'PutBucketVersioning', method: 'PUT', path: '/{Bucket}?versioning' },
  {
    operation: 'GetBucketVersioning',
    method: 'GET',
    path: '/{Bucket}?versioning',
    response: { root: 'VersioningConfiguration' },
  },
  {
    operation: 'PutBucketPolicy',
    method: 'PUT',
    path: '/{Bucket}?policy',
    payload: 'Policy',
    response: { status: 204 },
  },
  { operation: 'GetBucketPolicy', method: 'GET', path: '/{Bucket}?policy', response: { payload: 'Policy' } },
  {
    operation: 'ListObjectsV2',
    method: 'GET',
    path: '/{Bucket}?list-type=2',
    query: {
      prefix: 'Prefix',
      delimiter: 'Delimiter',
      'max-keys': 'MaxKeys',
      'continuation-token': 'ContinuationToken',
      'start-after': 'StartAfter',
      'encoding-type': 'EncodingType',
      'fetch-owner': 'FetchOwner',
    },
    response: { root: 'ListBucketResult' },
  },
  {
    operation: 'ListObjectVersions',
    method: 'GET',
    path: '/{Bucket}?versions',
    query: { prefix: 'Prefix', 'encoding-type': 'EncodingType', 'max-keys': 'MaxKeys' },
    response: { root: 'ListVersionsResult' },
  },
  {
    operation: 'PutObject',
    method: 'PUT',
    path: OBJECT,
    payload: 'Body',
    headers: {
      'content-type': 'ContentType',
      'if-none-match': 'IfNoneMatch',
      'if-match': 'IfMatch',
      'x-amz-checksum-crc32': 'ChecksumCRC32',
      'x-amz-server-side-encryption': 'ServerSideEncryption',
      'x-amz-meta-*': 'Metadata',
    },
    response: { headers: OBJECT_HEADERS },
  },
  {
    operation: 'GetObject',
    method: 'GET',
    path: OBJECT,
    query: { versionId: 'VersionId' },
    headers: { 'x-amz-checksum-mode': 'ChecksumMode' },
    response: { headers: OBJECT_HEADERS, payload: 'Body' },
  },
  {
    operation: 'HeadObject',
    method: 'HEAD',
    path: OBJECT,
    query: { versionId: 'VersionId' },
    headers: { 'x-amz-checksum-mode': 'ChecksumMode' },
    response: { headers: OBJECT_HEADERS },
  },
  {
    operation: 'DeleteObject',
    method: 'DELETE',
    path: OBJECT,
    query: { versionId: 'VersionId' },
    response: { status: 204, headers: OBJECT_HEADERS },
  },
];
