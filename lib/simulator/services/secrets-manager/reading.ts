import { AwsError, type Operation, type Service } from '../../types.ts';
import { CURRENT, holderOf } from './labels.ts';
import { needOn, present } from './needs.ts';
import { nextRotationAtMs } from './schedule.ts';
import type { Secret, Version } from './secret.ts';
import type { SecretStore } from './store.ts';

interface ReadInput {
  SecretId: string;
  VersionId?: string;
  VersionStage?: string;
}

interface ListInput {
  IncludePlannedDeletion?: boolean;
  MaxResults?: number;
  NextToken?: string;
  Filters?: { Key: string; Values: string[] }[];
}

interface ListVersionsInput {
  SecretId: string;
  IncludeDeprecated?: boolean;
}

export function readingOperations(store: SecretStore): Service['operations'] {
  const describe: Operation<ReadInput> = {
    needs: (input) => [needOn(store, 'DescribeSecret', input.SecretId)],
    run: (input) => {
      const secret = store.find(input.SecretId);
      return { ...metadata(secret), VersionIdsToStages: stages(secret) };
    },
  };
  const getValue: Operation<ReadInput> = {
    needs: (input) => [
      needOn(
        store,
        'GetSecretValue',
        input.SecretId,
        present({
          'secretsmanager:VersionId': input.VersionId,
          'secretsmanager:VersionStage': input.VersionStage,
        }),
      ),
    ],
    run(input, { nowMs }) {
      const secret = store.findLive(input.SecretId);
      const version = readable(secret, input);
      version.lastAccessedAtMs = nowMs;
      secret.lastAccessedAtMs = nowMs;
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        ...version.data,
        VersionStages: version.labels.size > 0 ? [...version.labels] : undefined,
        CreatedDate: new Date(version.createdAtMs),
      };
    },
  };
  const list: Operation<ListInput> = {
    needs: () => [{ action: 'secretsmanager:ListSecrets', resource: '*' }],
    run(input) {
      const from = Number(input.NextToken ?? 0);
      const size = input.MaxResults ?? 100;
      const found = store.all().filter((secret) => {
        return (
          (input.IncludePlannedDeletion || secret.deletedAtMs === undefined) && passes(secret, input.Filters ?? [])
        );
      });
      return {
        SecretList: found.slice(from, from + size).map((secret) => ({
          ...metadata(secret),
          SecretVersionsToStages: stages(secret),
        })),
        NextToken: from + size < found.length ? String(from + size) : undefined,
      };
    },
  };
  const listVersions: Operation<ListVersionsInput> = {
    needs: (input) => [needOn(store, 'ListSecretVersionIds', input.SecretId)],
    run(input) {
      const secret = store.findLive(input.SecretId);
      const versions = [...secret.versions.values()].filter(
        (version) => version.labels.size > 0 || (input.IncludeDeprecated && version.data !== undefined),
      );
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: versions.map((version) => ({
          VersionId: version.id,
          VersionStages: version.labels.size > 0 ? [...version.labels] : undefined,
          CreatedDate: new Date(version.createdAtMs),
          LastAccessedDate: day(version.lastAccessedAtMs),
        })),
      };
    },
  };
  return {
    DescribeSecret: describe,
    GetSecretValue: getValue,
    ListSecrets: list,
    ListSecretVersionIds: listVersions,
  };
}

/** @throws AwsError ResourceNotFoundException, for an id that a rotation has only reserved too; InvalidRequestException */
export function readable(secret: Secret, which: { VersionId?: string; VersionStage?: string }): Version {
  const { VersionId: id, VersionStage: label } = which;
  const version = id === undefined ? holderOf(secret, label ?? CURRENT) : secret.versions.get(id);
  if (version && id !== undefined && label !== undefined && !version.labels.has(label)) {
    throw new AwsError(
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.',
    );
  }
  if (version?.data === undefined) {
    const wanted = id === undefined || label !== undefined ? `staging label: ${label ?? CURRENT}` : `VersionId: ${id}`;
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${wanted}`,
    );
  }
  return version;
}

/** What DescribeSecret and ListSecrets share. "Secrets Manager only returns fields that have a value." */
function metadata(secret: Secret) {
  const { rotation } = secret;
  const nextMs = nextRotationAtMs(secret);
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    RotationEnabled: rotation?.enabled,
    OwningService: secret.owningService,
    RotationLambdaARN: rotation?.lambdaArn,
    RotationRules: rotation?.rules,
    LastRotatedDate: secret.lastRotatedAtMs === undefined ? undefined : new Date(secret.lastRotatedAtMs),
    LastChangedDate: new Date(secret.lastChangedAtMs),
    LastAccessedDate: day(secret.lastAccessedAtMs),
    DeletedDate: secret.deletedAtMs === undefined ? undefined : new Date(secret.deletedAtMs),
    NextRotationDate: nextMs === undefined ? undefined : new Date(nextMs),
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    CreatedDate: new Date(secret.createdAtMs),
  };
}

function stages(secret: Secret): Record<string, string[]> {
  return Object.fromEntries(
    [...secret.versions.values()]
      .filter(({ labels }) => labels.size > 0)
      .map((version) => [version.id, [...version.labels]]),
  );
}

const DAY_MS = 86_400_000;

/** "The resolution of this field is at the date level." */
function day(atMs: number | undefined): Date | undefined {
  return atMs === undefined ? undefined : new Date(Math.floor(atMs / DAY_MS) * DAY_MS);
}

/** Filters are prefixes; several keys must all match, several values of a key any. */
function passes(secret: Secret, filters: readonly { Key: string; Values: string[] }[]): boolean {
  return filters.every(({ Key: key, Values: values }) =>
    values.some((value) => {
      switch (key) {
        case 'name':
          return secret.name.startsWith(value);
        case 'description':
          return secret.description?.toLowerCase().startsWith(value.toLowerCase()) ?? false;
        case 'tag-key':
          return [...secret.tags.keys()].some((tag) => tag.startsWith(value));
        case 'tag-value':
          return [...secret.tags.values()].some((tag) => tag.startsWith(value));
        default:
          throw new AwsError('InvalidParameterException', `The simulator does not filter by ${key}`);
      }
    }),
  );
}
