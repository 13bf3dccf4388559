import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { KeyturnError } from '../core/errors.ts';
import { labels } from '../core/labels.ts';
import type { SecretState, SecretStore } from '../core/ports.ts';
import { SecretValue } from '../core/secret-value.ts';
import { namedError, nameOf } from './named-error.ts';

/** Secrets Manager behind the core's port. Every call ends when the signal aborts. */
export function secretStore(client: SecretsManagerClient, abortSignal: AbortSignal): SecretStore {
  const options = { abortSignal };

  return {
    async describe(SecretId): Promise<SecretState> {
      try {
        const answer = await client.send(new DescribeSecretCommand({ SecretId }), options);
        return {
          arn: answer.ARN ?? SecretId,
          name: answer.Name ?? SecretId,
          rotationEnabled: answer.RotationEnabled ?? false,
          ...withoutSupplied(answer.VersionIdsToStages ?? {}),
          tags: Object.fromEntries((answer.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
          lastChangedAtMs: answer.LastChangedDate?.getTime(),
        };
      } catch (error) {
        throw notFoundOr(error, SecretId, `DescribeSecret ${SecretId}`);
      }
    },

    async read(SecretId, { versionId, label }): Promise<SecretValue> {
      try {
        const which = { ...(versionId && { VersionId: versionId }), ...(label && { VersionStage: label }) };
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, ...which }), options);
        if (SecretString === undefined)
          throw new KeyturnError('SecretMalformed', `${SecretId} holds binary data; Keyturn needs text`);
        return SecretValue.of(SecretString);
      } catch (error) {
        throw readError(error, SecretId, versionId ?? label ?? 'AWSCURRENT');
      }
    },

    async put(SecretId, ClientRequestToken, value, label, rotationToken): Promise<'written' | 'kept'> {
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId,
            ClientRequestToken,
            SecretString: value.reveal(),
            VersionStages: [label].flat(),
            ...(rotationToken && { RotationToken: rotationToken }),
          }),
          options,
        );
        return 'written';
      } catch (error) {
        // The token names a version that has another value already: versions are immutable.
        if (nameOf(error) === 'ResourceExistsException') return 'kept';
        throw notFoundOr(error, SecretId, `PutSecretValue ${SecretId}`);
      }
    },

    async moveLabel(SecretId, VersionStage, { from, to }): Promise<void> {
      const ids = { ...(from && { RemoveFromVersionId: from }), ...(to && { MoveToVersionId: to }) };
      try {
        await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, ...ids }), options);
      } catch (error) {
        if (nameOf(error) === 'InvalidParameterException' || nameOf(error) === 'InvalidRequestException') {
          const said = error instanceof Error ? error.message : '';
          throw new KeyturnError(
            'LabelMoved',
            `${SecretId}: ${VersionStage} did not move from ${from ?? 'nowhere'} to ${to ?? 'nowhere'}: ${said}`,
          );
        }
        throw notFoundOr(error, SecretId, `UpdateSecretVersionStage ${SecretId}`);
      }
    },

    async listVersionIds(SecretId): Promise<string[]> {
      const versionIds: string[] = [];
      let NextToken: string | undefined;
      try {
        do {
          const page = await client.send(
            new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true, ...(NextToken && { NextToken }) }),
            options,
          );
          versionIds.push(...(page.Versions ?? []).flatMap(({ VersionId }) => (VersionId ? [VersionId] : [])));
          NextToken = page.NextToken;
        } while (NextToken !== undefined);
      } catch (error) {
        throw notFoundOr(error, SecretId, `ListSecretVersionIds ${SecretId}`);
      }
      return versionIds;
    },

    async tag(SecretId, Key, Value): Promise<void> {
      try {
        await client.send(new TagResourceCommand({ SecretId, Tags: [{ Key, Value }] }), options);
      } catch (error) {
        throw notFoundOr(error, SecretId, `TagResource ${SecretId}`);
      }
    },

    async untag(SecretId, key): Promise<void> {
      try {
        await client.send(new UntagResourceCommand({ SecretId, TagKeys: [key] }), options);
      } catch (error) {
        throw notFoundOr(error, SecretId, `UntagResource ${SecretId}`);
      }
    },
  };
}

/** The versions with their labels, and apart from them the one that a human brought. */
function withoutSupplied(stages: Readonly<Record<string, readonly string[]>>) {
  const versions: Record<string, readonly string[]> = {};
  let supplied: string | undefined;
  for (const [versionId, held] of Object.entries(stages)) {
    if (held.includes(labels.supplied)) supplied = versionId;
    const others = held.filter((label) => label !== labels.supplied);
    if (others.length > 0) versions[versionId] = others;
  }
  return { versions, supplied };
}

function notFoundOr(error: unknown, secretId: string, doing: string): KeyturnError {
  if (nameOf(error) !== 'ResourceNotFoundException') return namedError(error, doing);
  return new KeyturnError('SecretNotFound', `there is no secret ${secretId} in this account and Region`);
}

/** GetSecretValue words a missing secret and a missing value alike but for the object of the sentence. */
function readError(error: unknown, secretId: string, which: string): KeyturnError {
  const said = error instanceof Error ? error.message : '';
  if (nameOf(error) === 'ResourceNotFoundException' && said.includes('secret value')) {
    return new KeyturnError('VersionNotReadable', `${secretId}: version ${which} has no value that can be read`);
  }
  if (nameOf(error) === 'InvalidRequestException' && said.includes('VersionStage')) {
    return new KeyturnError(
      'LabelMoved',
      `${secretId}: version ${which} does not carry the label that was asked for with it`,
    );
  }
  return notFoundOr(error, secretId, `GetSecretValue ${secretId}`);
}
