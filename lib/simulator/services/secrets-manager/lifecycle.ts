import { AwsError, type Operation, type Service } from '../../types.ts';
import { needOn, present, type Tag, tagContext } from './needs.ts';
import { identity } from './secret.ts';
import type { SecretStore } from './store.ts';

interface DeleteInput {
  SecretId: string;
  RecoveryWindowInDays?: number;
  ForceDeleteWithoutRecovery?: boolean;
}

const DAY_MS = 86_400_000;

export function lifecycleOperations(store: SecretStore): Service['operations'] {
  const remove: Operation<DeleteInput> = {
    needs: (input) => [
      needOn(
        store,
        'DeleteSecret',
        input.SecretId,
        present({
          'secretsmanager:RecoveryWindowInDays': input.RecoveryWindowInDays,
          'secretsmanager:ForceDeleteWithoutRecovery': input.ForceDeleteWithoutRecovery,
        }),
      ),
    ],
    run({ SecretId: id, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force }, { nowMs }) {
      const secret = force ? store.find(id) : store.findLive(id);
      if (force && days !== undefined) {
        throw new AwsError(
          'InvalidParameterException',
          "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        );
      }
      if (days !== undefined && (days < 7 || days > 30)) {
        throw new AwsError(
          'InvalidParameterException',
          'RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
        );
      }
      if (force) store.remove(secret);
      secret.deletedAtMs = force ? nowMs : nowMs + (days ?? 30) * DAY_MS;
      secret.openRotation = undefined;
      return { ...identity(secret), DeletionDate: new Date(secret.deletedAtMs) };
    },
  };
  const restore: Operation<{ SecretId: string }> = {
    needs: (input) => [needOn(store, 'RestoreSecret', input.SecretId)],
    run(input) {
      const secret = store.find(input.SecretId);
      secret.deletedAtMs = undefined;
      return identity(secret);
    },
  };
  const tag: Operation<{ SecretId: string; Tags: Tag[] }> = {
    needs: (input) => [needOn(store, 'TagResource', input.SecretId, tagContext(input.Tags))],
    run(input) {
      const secret = store.findLive(input.SecretId);
      for (const { Key, Value } of input.Tags) secret.tags.set(Key, Value);
      store.touch(secret);
      return {};
    },
  };
  const untag: Operation<{ SecretId: string; TagKeys: string[] }> = {
    needs: (input) => [needOn(store, 'UntagResource', input.SecretId, { 'aws:TagKeys': input.TagKeys })],
    run(input) {
      const secret = store.findLive(input.SecretId);
      for (const key of input.TagKeys) secret.tags.delete(key);
      store.touch(secret);
      return {};
    },
  };
  return { DeleteSecret: remove, RestoreSecret: restore, TagResource: tag, UntagResource: untag };
}
