import { createAccessKey, liveKeys } from '../../iam/create.ts';
import type { AccessKey, User } from '../../iam/identity-store.ts';
import { noSuchEntity } from '../../iam/identity-store.ts';
import { AwsError, type Operation } from '../../types.ts';
import type { Iam } from './iam.ts';

interface KeyInput {
  UserName?: string;
  AccessKeyId?: string;
  Status?: string;
}

/** The five operations on a user's access keys. Without UserName they mean the calling user. */
export function accessKeyOperations(iam: Iam): Record<string, Operation<KeyInput>> {
  return {
    ListAccessKeys: {
      needs: (input, call) => iam.needUser('iam:ListAccessKeys', input.UserName, call),
      run(input, call) {
        const user = iam.userOf(input.UserName, call);
        return { AccessKeyMetadata: liveKeys(user).map((key) => metadata(user, key)), IsTruncated: false };
      },
    },
    CreateAccessKey: {
      needs: (input, call) => iam.needUser('iam:CreateAccessKey', input.UserName, call),
      run(input, call) {
        const user = iam.userOf(input.UserName, call);
        const key = createAccessKey(user, iam.later());
        return { AccessKey: { ...metadata(user, key), SecretAccessKey: key.secretAccessKey } };
      },
    },
    UpdateAccessKey: {
      needs: (input, call) => iam.needUser('iam:UpdateAccessKey', input.UserName, call),
      run(input, call) {
        const { Status: status } = input;
        if (status !== 'Active' && status !== 'Inactive') {
          throw new AwsError('ValidationError', `Status must be Active or Inactive, not ${status}`);
        }
        const { nowMs, delayMs } = iam.later();
        liveKey(iam.userOf(input.UserName, call), input.AccessKeyId).status.set(status, nowMs, delayMs);
        return {};
      },
    },
    DeleteAccessKey: {
      needs: (input, call) => iam.needUser('iam:DeleteAccessKey', input.UserName, call),
      run(input, call) {
        const { nowMs, delayMs } = iam.later();
        liveKey(iam.userOf(input.UserName, call), input.AccessKeyId).status.set('absent', nowMs, delayMs);
        return {};
      },
    },
    GetAccessKeyLastUsed: {
      needs(input, call) {
        const owner = iam.identities.ownerOf(input.AccessKeyId ?? '');
        return iam.needUser('iam:GetAccessKeyLastUsed', owner?.user.userName ?? '*', call);
      },
      run(input, call) {
        const owner = iam.identities.ownerOf(input.AccessKeyId ?? '');
        if (owner?.key.status.latest === 'absent' || !owner) throw noKey(input.AccessKeyId);
        const use = owner.key.lastUse.at(call.nowMs);
        return {
          UserName: owner.user.userName,
          // "N/A" when there is no use on record, and no date.
          AccessKeyLastUsed: {
            LastUsedDate: use && new Date(use.atMs),
            ServiceName: use?.service ?? 'N/A',
            Region: use?.region ?? 'N/A',
          },
        };
      },
    },
  };
}

function metadata(user: User, key: AccessKey) {
  return {
    UserName: user.userName,
    AccessKeyId: key.accessKeyId,
    Status: key.status.latest,
    CreateDate: new Date(key.createdAtMs),
  };
}

function liveKey(user: User, accessKeyId: string | undefined): AccessKey {
  const key = liveKeys(user).find((candidate) => candidate.accessKeyId === accessKeyId);
  if (!key) throw noKey(accessKeyId);
  return key;
}

function noKey(accessKeyId: string | undefined): AwsError {
  return noSuchEntity(`The Access Key with id ${accessKeyId} cannot be found.`);
}
