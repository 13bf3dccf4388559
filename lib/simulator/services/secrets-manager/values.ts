import { AwsError, type Operation, type Service } from '../../types.ts';
import { type LabelMove, moveLabel } from './labels.ts';
import { needOn, present, type Tag, tagContext } from './needs.ts';
import { dataOf, identity, tokenInUse, tokenOf } from './secret.ts';
import type { SecretStore } from './store.ts';

interface ValueInput {
  ClientRequestToken?: string;
  SecretString?: string;
  SecretBinary?: string;
}

interface CreateInput extends ValueInput {
  Name: string;
  Description?: string;
  KmsKeyId?: string;
  Tags?: Tag[];
}

interface PutInput extends ValueInput {
  SecretId: string;
  VersionStages?: string[];
  RotationToken?: string;
}

interface UpdateInput extends ValueInput {
  SecretId: string;
  Description?: string;
  KmsKeyId?: string;
}

export function valueOperations(store: SecretStore): Service['operations'] {
  const create: Operation<CreateInput> = {
    needs: (input) => [
      needOn(store, 'CreateSecret', input.Name, {
        ...present({ 'secretsmanager:Name': input.Name, 'secretsmanager:Description': input.Description }),
        ...tagContext(input.Tags),
      }),
    ],
    run(input) {
      if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(input.Name ?? '')) {
        throw new AwsError(
          'ValidationException',
          'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
        );
      }
      const data = dataOf(input);
      const secret = store.create({
        name: input.Name,
        tags: Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
        ...(data && { value: { versionId: tokenOf(input.ClientRequestToken), data } }),
      });
      return { ...identity(secret), VersionId: data && input.ClientRequestToken };
    },
  };
  const put: Operation<PutInput> = {
    needs: (input) => [needOn(store, 'PutSecretValue', input.SecretId)],
    run(input) {
      const secret = store.findLive(input.SecretId);
      const versionId = tokenOf(input.ClientRequestToken);
      const data = dataOf(input);
      if (!data) {
        throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
      }
      if (input.RotationToken !== undefined && !/^[a-zA-Z0-9-]{36,256}$/.test(input.RotationToken)) {
        throw new AwsError('InvalidParameterException', 'The RotationToken is not valid.');
      }
      const labels = input.VersionStages;
      const version = store.put(secret, { versionId, data, ...(labels && { labels }) });
      return { ...identity(secret), VersionId: version.id, VersionStages: [...version.labels] };
    },
  };
  const update: Operation<UpdateInput> = {
    needs: (input) => [
      needOn(store, 'UpdateSecret', input.SecretId, present({ 'secretsmanager:Description': input.Description })),
    ],
    run(input) {
      const secret = store.findLive(input.SecretId);
      const data = dataOf(input);
      if (data) {
        const versionId = tokenOf(input.ClientRequestToken);
        // Unlike PutSecretValue, a repetition is an error.
        if (secret.versions.get(versionId)?.data) throw tokenInUse(secret, versionId);
        store.put(secret, { versionId, data });
      }
      if (input.Description !== undefined) secret.description = input.Description;
      if (input.KmsKeyId !== undefined) secret.kmsKeyId = input.KmsKeyId;
      store.touch(secret);
      return { ...identity(secret), VersionId: data && input.ClientRequestToken };
    },
  };
  const updateStage: Operation<LabelMove & { SecretId: string }> = {
    needs: (input) => [
      needOn(
        store,
        'UpdateSecretVersionStage',
        input.SecretId,
        present({ 'secretsmanager:VersionStage': input.VersionStage }),
      ),
    ],
    run(input) {
      const secret = store.findLive(input.SecretId);
      const moved = moveLabel(secret, input);
      if (moved) store.announce(secret, input.VersionStage, moved);
      store.touch(secret);
      return identity(secret);
    },
  };
  return {
    CreateSecret: create,
    PutSecretValue: put,
    UpdateSecret: update,
    UpdateSecretVersionStage: updateStage,
  };
}
